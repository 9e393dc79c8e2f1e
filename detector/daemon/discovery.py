"""Shows devices to Home Assistant as they come, takes them away as they go, and shows all again when it comes up; a few at a time.

In: the view's devices, Home Assistant's births. Out: retained publications, no more a second than `PACE`.
"""

from collections.abc import Callable
from typing import Final, Protocol

from detector.clock import Clock, MonoTime
from detector.domain import AlertKey
from detector.edge.channel_view import ChannelView
from detector.edge.home_assistant import Discoverable

LOOK_EVERY_S: Final = 5.0
"""Time between two looks for devices that came or went."""

PACE: Final = 100
"""Most messages a second: each makes Home Assistant set up entities."""


class Publisher(Protocol):
    """What discovery needs of the link."""

    def publish(self, topic: str, payload: bytes | str, qos: int, retain: bool, key: AlertKey | None) -> None:
        """Take one publication."""
        ...


class Discovery:
    """Publishes through one link; not thread-safe, the scoring worker owns it."""

    def __init__(
        self, what: Discoverable, view: ChannelView, publisher: Publisher, births: Callable[[], int], clock: Clock
    ) -> None:
        """Start with nothing shown; devices that are gone are taken away at first, as the broker may still have them."""
        self._what, self._view, self._publisher, self._births, self._clock = what, view, publisher, births, clock
        self._shown: dict[str, tuple[str, ...]] = {}
        """Devices, with the channels that were published last; without any, the device was taken away."""
        self._due: dict[str, tuple[str, ...]] = {}
        self._born = births()
        self._look_at = self._next_at = MonoTime(0.0)

    def turn(self) -> None:
        """Publish what is due, as far as the pace allows."""
        now = self._clock.mono()
        if self._births() != self._born:
            self._born = self._births()
            self._shown.clear()
            self._look_at = now
        if now >= self._look_at:
            self._look_at = MonoTime(now + LOOK_EVERY_S)
            found = self._view.devices()
            self._shown = {device: shown for device, shown in self._shown.items() if shown or device in found}
            found |= {device: () for device in self._shown if device not in found}
            self._due = {device: channels for device, channels in found.items() if self._shown.get(device) != channels}
        while self._due and now >= self._next_at:
            self._next_at = MonoTime(max(self._next_at, now - 1.0) + 1.0 / PACE)
            device = next(iter(self._due))
            self._publish(device, self._due.pop(device))

    def leave_for(self, what: Discoverable | None) -> None:
        """Take away every device that was shown, unless it will be shown in the same place: Home Assistant would forget its settings."""
        if what is not None and (what.prefix, what.base_topic) == (self._what.prefix, self._what.base_topic):
            return
        for device, channels in list(self._shown.items()):
            if channels:
                self._publish(device, ())

    def _publish(self, device: str, channels: tuple[str, ...]) -> None:
        """Show a device, or take it away."""
        self._publisher.publish(*self._what.message(device, channels))
        self._shown[device] = channels
