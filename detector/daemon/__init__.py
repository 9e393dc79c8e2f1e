"""The daemon: wires the parts, runs the scoring loop on the main thread, reloads, shuts down in order.

`daemon` is the wiring and the life, `worker` one turn of the loop, `intake` messages to readings, `announcer` what is
published, `control` signals and requests from other threads, `reload` what a new configuration changes.
"""

from detector.daemon.daemon import Daemon

__all__ = ["Daemon"]
