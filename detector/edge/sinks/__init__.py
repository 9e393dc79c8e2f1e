"""The ways out for alert events, and the courier who takes each event to each of them until it has it.

`sink` says what a way out has to be able to do, `mqtt` is the one to the broker, `delivery` sees one sink through
its events, `courier` sees to all of them. Ways on which one may have to wait are gone by a `porter`, in a thread of its own;
a further one is one more file here and one more line in `ways`.
"""

from detector.edge.sinks.courier import Courier
from detector.edge.sinks.delivery import SinkCount
from detector.edge.sinks.keyring import Keyring
from detector.edge.sinks.mqtt import MqttSink
from detector.edge.sinks.sink import Answer, Sink
from detector.edge.sinks.ways import Crew, Surroundings, faults_of, make_sink, require_libraries

__all__ = [
    "Answer",
    "Courier",
    "Crew",
    "Keyring",
    "MqttSink",
    "Sink",
    "SinkCount",
    "Surroundings",
    "faults_of",
    "make_sink",
    "require_libraries",
]
