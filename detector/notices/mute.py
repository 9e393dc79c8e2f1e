"""When people are to be left alone: quiet hours of a receiver, maintenance of devices.

In: the configuration, windows that were opened by a command, the time. Out: yes or no.
"""

from collections.abc import Mapping
from typing import Final

from detector.notices.route import matches
from detector.settings.hours import in_zone, zone_of
from detector.settings.maintenance import MaintenanceSettings
from detector.settings.outputs import AlertSettings
from detector.settings.receivers import ReceiverSettings

LOOK_AGAIN_S: Final = 15.0
"""How late the end of a maintenance may be noticed."""


class Mute:
    """The windows of one configuration, and those of commands."""

    def __init__(self, settings: AlertSettings, commanded: Mapping[str, float]) -> None:
        """Take over the configuration; `commanded` has until when the devices of a glob are under maintenance."""
        self.zone = zone_of(settings.time_zone)
        self._windows, self._commanded = settings.maintenance, commanded

    def asleep(self, receiver: ReceiverSettings, now: float) -> bool:
        """Return whether a receiver is in quiet hours."""
        return any(hours.hold(now, self.zone) for hours in receiver.quiet)

    def maintained(self, device: str, now: float) -> bool:
        """Return whether a device is under maintenance."""
        return any(now < until and matches(glob, device) for glob, until in self._commanded.items()) or any(
            matches(window.devices, device) and self._holds(window, now) for window in self._windows
        )

    def _holds(self, window: MaintenanceSettings, now: float) -> bool:
        """Return whether a window of the configuration is open."""
        if window.start is not None and now < in_zone(window.start, self.zone):
            return False
        if window.end is not None and now >= in_zone(window.end, self.zone):
            return False
        return not window.hours or any(hours.hold(now, self.zone) for hours in window.hours)
