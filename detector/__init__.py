"""Detector: a streaming anomaly detector for MQTT sensor fleets."""

__version__ = "0.1.0"
