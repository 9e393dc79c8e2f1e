"""The ways out for alert events, and the courier who takes each event to each of them until it has it.

`sink` says what a way out has to be able to do, `mqtt` is the one to the broker, `delivery` sees one sink through
its events, `courier` sees to all of them. A further sink is one more file here and one more line in the wiring.
"""

from detector.edge.sinks.courier import Courier
from detector.edge.sinks.delivery import SinkCount
from detector.edge.sinks.mqtt import MqttSink
from detector.edge.sinks.sink import Answer, Sink

__all__ = ["Answer", "Courier", "MqttSink", "Sink", "SinkCount"]
