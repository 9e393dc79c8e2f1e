"""The sinks of all receivers at work, from one configuration to the next: what a reload leaves as it is goes on with what it carries.

In: receivers' settings. Out: their sinks. One that is gone, or that has become another, is closed.
"""

import time
from collections.abc import Sequence
from typing import Any

from detector.edge.sinks.porter import Porter
from detector.edge.sinks.surroundings import Surroundings
from detector.edge.sinks.ways import make_sink
from detector.errors import ConfigError
from detector.settings.receivers import ReceiverSettings


class Crew:
    """Keeps them by the names of their receivers."""

    def __init__(self) -> None:
        """Start without any."""
        self._working: dict[str, tuple[ReceiverSettings, Surroundings, Porter[Any]]] = {}

    def sinks_for(self, receivers: Sequence[ReceiverSettings], around: Surroundings) -> list[Porter[Any]]:
        """Return a sink for each receiver, the one at work where its settings are the same; nothing else is changed.

        Raises: ConfigError.
        """
        sinks, fresh = list[Porter[Any]](), list[Porter[Any]]()
        for receiver in receivers:
            settings, before, sink = self._working.get(receiver.name, (None, None, None))
            if sink is None or (settings, before) != (receiver, around):
                try:
                    sink = make_sink(receiver, around)
                except ConfigError:
                    for one in fresh:
                        one.close()
                    raise
                fresh.append(sink)
            sinks.append(sink)
        return sinks

    def turn_to(
        self, receivers: Sequence[ReceiverSettings], around: Surroundings, sinks: Sequence[Porter[Any]]
    ) -> None:
        """Let these be at work, and close the others; what they have not answered is offered to those that follow them."""
        before = [sink for _, _, sink in self._working.values()]
        self._working = {one.name: (one, around, sink) for one, sink in zip(receivers, sinks, strict=True)}
        for sink in before:
            if sink not in sinks:
                sink.close()

    def close(self, patience_s: float) -> None:
        """Let all of them carry what they have, as far as that is done in so long, and close them."""
        until = time.monotonic() + patience_s
        for _, _, sink in self._working.values():
            sink.close(max(0.0, until - time.monotonic()))
