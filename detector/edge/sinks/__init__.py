"""The ways out for alert events and for notices, and the courier who takes each to its sinks until they have it.

`sink` says what a way out has to be able to do, `mqtt` is the one to the broker, `delivery` sees one sink through
what is its, `courier` sees to all of them. Ways on which one may have to wait are gone by a `porter`, in a thread of its own;
a further one is one more file here and one more line in `ways`.
"""

from detector.edge.sinks.courier import Courier, Sinks
from detector.edge.sinks.crew import Crew
from detector.edge.sinks.delivery import SinkCount
from detector.edge.sinks.keyring import Keyring
from detector.edge.sinks.mqtt import MqttSink
from detector.edge.sinks.porter import Porter
from detector.edge.sinks.sink import Answer, Sink
from detector.edge.sinks.surroundings import Surroundings
from detector.edge.sinks.ways import faults_of, make_sink, require_libraries

__all__ = [
    "Answer",
    "Courier",
    "Crew",
    "Keyring",
    "MqttSink",
    "Porter",
    "Sink",
    "SinkCount",
    "Sinks",
    "Surroundings",
    "faults_of",
    "make_sink",
    "require_libraries",
]
