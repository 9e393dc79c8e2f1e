"""The ways out for alert events and for notices, and the courier who takes each to its sinks until they have it.

`sink` says what a way out has to be able to do, `mqtt` is the one to the broker, `delivery` sees one sink through
what is its, `courier` sees to all of them. A further sink is one more file here and one more line in the wiring.
"""

from detector.edge.sinks.courier import Courier, Sinks
from detector.edge.sinks.delivery import SinkCount
from detector.edge.sinks.mqtt import MqttSink
from detector.edge.sinks.sink import Answer, Sink

__all__ = ["Answer", "Courier", "MqttSink", "Sink", "SinkCount", "Sinks"]
