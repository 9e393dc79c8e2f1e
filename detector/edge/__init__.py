"""The edge: the one floor that does I/O: files, MQTT, Prometheus, HTTP, logs."""
