"""Everything that speaks MQTT; paho is imported nowhere else.

`server` reads the URLs and makes clients, `connection` lives through one connection, `link` keeps one up, `door` lets commands in.
"""

from detector.edge.mqtt.door import Asked, commands_filter, result_topic
from detector.edge.mqtt.link import MqttLink
from detector.edge.mqtt.receiver import Traffic
from detector.edge.mqtt.server import Server, build_client, open_connection

__all__ = [
    "Asked",
    "MqttLink",
    "Server",
    "Traffic",
    "build_client",
    "commands_filter",
    "open_connection",
    "result_topic",
]
