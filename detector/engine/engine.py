"""The engine: readings in, report and next state out. Pure: no I/O, no clock, no randomness.

The whole flow stands in `judge` and `learn`: align, forecast, score, decide, tell; learn. Everything is per row; what rows
share beyond that (who is silent) moves at ticks of the stream clock alone.
"""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.decide import Decider
from detector.anomaly.organs import Organ, Organs
from detector.anomaly.score import VOICES
from detector.anomaly.silence import SilenceRule
from detector.domain import AlertEvent, EventTime, Feedback, Height
from detector.engine.entries import Entries, channel_settings
from detector.engine.eviction import leaving
from detector.engine.outcome import NOBODY, Departed, Unlearnt, Verdicts, report_of
from detector.engine.stages import CALIBRATED
from detector.engine.standing import census_of
from detector.engine.teller import Teller
from detector.forecast.forecaster import Forecaster
from detector.forecast.network import Network
from detector.readings import Readings
from detector.report import Batch, Census, Report
from detector.settings import Budget, Settings
from detector.state.block import Block
from detector.state.frozen import Frozen, adopt, freeze
from detector.state.rows import Floats, Mask, Slots
from detector.state.slots import Slot
from detector.stream.align import Alignment, Placed
from detector.stream.backlog import Backlog

PARTS = (*VOICES, *(organ.name.lower() for organ in Organ))
"""Streams and organs that an engine can do without, for ablation."""


class Engine:
    """All devices of one process: `step(batch) -> report`."""

    def __init__(
        self, settings: Settings, network: Network, reference: Floats, without: Collection[str] = frozenset()
    ) -> None:
        """Start with no device known; `reference` (K, 2, RUNGS) holds the tails that new channels borrow.

        What stands in `without`, names of `PARTS`, is left out of every decision.
        """
        assert set(without) <= set(PARTS), f"expected parts among {PARTS}, got {without}"
        self._settings, self._limits = settings, settings.engine
        self._network, self._reference, self._without = network, reference, without
        self._begin()

    def _begin(self) -> None:
        """Know no device."""
        limits = self._limits
        self._alignment = Alignment(limits.max_devices, limits.max_channels, limits.total_channels)
        self._backlog = Backlog()
        self._forecaster = Forecaster(self._network, limits.memory, limits.head)
        self._organs = Organs(self._reference, limits.memory, self._without)
        self._decider = Decider(self._settings.budget)
        self._silence = SilenceRule()
        self._entries = Entries(self._alignment.channels, self._settings.sensors)
        self._teller = Teller(self._alignment, self._decider, self._silence, self._entries)
        self._groups: dict[tuple[str, str], int] = {}

    def step(self, batch: Batch) -> Report:
        """Judge a batch, and learn from it."""
        report, unlearnt = self.judge(batch)
        self.learn(unlearnt)
        return report

    def judge(self, batch: Batch) -> tuple[Report, Unlearnt]:
        """Move every reading of the batch through align, forecast, score and decide; what is left is to be learnt before anything else is asked.

        The report is final, so that alerts need not wait for the learning. Cost: one cell step for each reading in order.
        """
        departed = NOBODY
        if batch.hour is not None:
            departed = self._make_room(batch.hour)
            self._organs.renew(batch.hour)
            self._decider.renew(batch.hour)
        placed = self._alignment.place(batch.readings)
        self._welcome(placed, batch.readings)
        rows = placed.rows
        cadence_s = self._forecaster.scale.cadence_s[rows.slots]
        forecast = self._forecaster.predict(rows)
        judgement, views = self._organs.judge(rows, forecast)
        behind_s = self._backlog.behind_s(rows, batch.now_us[placed.in_order])
        scored, stored = forecast.steps_seen >= CALIBRATED, behind_s.nonzero()[0]
        decision = self._decider.decide(rows, judgement, cadence_s, scored, stored)
        verdicts = Verdicts(placed, forecast, judgement, decision, behind_s)
        events = self._teller.tell(batch, verdicts)
        return report_of(batch, verdicts, events, departed), Unlearnt(verdicts, views)

    def learn(self, unlearnt: Unlearnt) -> None:
        """Take in the batch that was judged last."""
        (placed, forecast, judgement, decision, _), views = unlearnt
        self._organs.learn(placed.rows, forecast, judgement, views, decision.suspect)
        self._forecaster.learn(placed.rows, forecast, decision.suspect)

    def _make_room(self, hour: EventTime) -> Departed:
        """Let devices go, where others found no room in the hour that ends."""
        goes = leaving(self._alignment, self._silence)
        self._alignment.refused = False
        if not goes.any():
            return NOBODY
        gone = {device for device, leaves in zip(self._alignment.devices, goes.tolist(), strict=True) if leaves}
        channels = tuple(key for key in self._alignment.channels if key[0] in gone)
        departed = Departed(channels, self._teller.tell_departures(goes, hour))
        self._go_on_without(goes)
        return departed

    def _go_on_without(self, goes: Mask) -> None:
        """Forget everything, and go on from what is known of the devices that do not go."""
        kept = self.freeze().only(~goes)
        self._begin()
        self.restore(kept)

    def hear(self, feedback: Feedback) -> None:
        """Take in what somebody said of an alert, between two batches: it holds for every reading after it."""
        slot = self._channel_of(feedback)
        if slot is not None:
            self._decider.thresholds.hear(feedback, slot)

    def may_hear(self, feedback: Feedback) -> bool:
        """Tell whether there is room for what is said of one more alert of its channel."""
        slot = self._channel_of(feedback)
        return slot is None or self._decider.thresholds.may_hear(feedback, slot)

    def heights_of(self, event: AlertEvent) -> tuple[Height, ...]:
        """Return how strong the episode of an alert has been, by now if it is open, or else when it was told."""
        return self._teller.heights_of(event)

    def _channel_of(self, feedback: Feedback) -> Slot | None:
        """Return the channel that an alert was about, if it is known; what thresholds have no part in has none."""
        if feedback.channel is None or not feedback.heights:
            return None
        return self._alignment.channels.find((feedback.device, feedback.channel))

    def _welcome(self, placed: Placed, readings: Readings) -> None:
        """Give every new channel its rows in every block, and what the configuration says of it."""
        slots = placed.new_slots
        if not len(slots):
            return
        self._grow()
        self._entries.extend(readings.names.entries_of(readings.numbers[placed.new]).tolist())
        self._configure(slots)
        devices, (kin, groups) = self._alignment.block.device[slots], self._kin_of(slots)
        self._organs.join(slots, devices, groups)
        self._decider.join(slots, devices, kin)

    def _grow(self) -> None:
        """Give all channels and devices that are known rows in every block."""
        channels, devices = len(self._alignment.channels), len(self._alignment.devices)
        for organ in (self._forecaster, self._organs):
            organ.grow(channels)
        self._decider.grow(channels, devices)
        self._backlog.block.grow(channels)
        self._silence.block.grow(devices)

    def _kin_of(self, slots: Slots) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the number of each channel's kin, and the same as that of its group, or -1 if it is compared with nobody. Shapes (C,).

        Its kin are the channels of its name in its group or, for devices that stand alone, in its entry: they have the same
        habits though not the same moments.
        """
        kin, groups = np.full(len(slots), -1, np.int64), np.full(len(slots), -1, np.int64)
        for sensor, name, places in self._entries.sorts_of(slots):
            number = self._groups.setdefault((sensor.peers or sensor.name, name), len(self._groups))
            kin[places], groups[places] = number, -1 if sensor.peers is None else number
        return kin, groups

    def _configure(self, slots: Slots) -> None:
        """Take over what the configuration says of channels and their devices; of a device, the last of its channels has the say."""
        for sensor, name, places in self._entries.sorts_of(slots):
            self._decider.limits.set(slots[places], channel_settings(sensor, name))
            cadence_s = None if isinstance(sensor.cadence, str) else sensor.cadence
            self._forecaster.scale.state_cadence(slots[places], cadence_s)
        devices, last = np.unique(self._alignment.block.device[slots][::-1], return_index=True)
        entries = self._entries.of(slots[::-1][last])
        for entry in np.unique(entries).tolist():
            self._silence.configure(devices[entries == entry], self._settings.sensors[entry], entry)

    def reconfigure(self, settings: Settings) -> None:
        """Take over new settings and keep everything learnt.

        Channels keep the `sensors` entry of the same name; those whose entry is gone take the first one.
        """
        self._settings = settings
        self._entries.renew(self._entries.names(), settings.sensors)
        self._decider.reconfigure(settings.budget)
        self._configure(np.arange(len(self._entries)))

    def freeze(self) -> Frozen:
        """Return all that is remembered, as views."""
        return Frozen(
            devices=list(self._alignment.devices),
            channels=self._alignment.channels.keys(),
            entries=self._entries.names(),
            groups=list(self._groups),
            network=self._network.digest,
            budget=str(self._settings.budget),
            turned=self._decider.thresholds.turned,
            refused=self._alignment.refused,
            blocks=freeze(self.blocks()),
        )

    def restore(self, frozen: Frozen) -> tuple[str, ...]:
        """Go on from where an engine was frozen, as far as it fits; for one that knows no device.

        The arrays are taken as they are, not copied. Returns what could not be kept, a phrase each.
        """
        most = self._limits.max_devices
        kept, left = _latest(frozen, most) if len(frozen.devices) > most else (frozen, ())
        self._alignment.restore(kept.devices, kept.channels)
        self._alignment.refused = kept.refused
        adopted = adopt(self.blocks(), kept, self._network.digest)
        self._grow()
        self._alignment.seat()
        self._groups = {group: number for number, group in enumerate(kept.groups)}
        self._entries.renew(kept.entries, self._settings.sensors)
        self._seat(adopted.anew)
        self._decider.thresholds.turned = kept.turned
        if kept.budget != str(self._settings.budget):  # what was earned until now was earned under the old one
            self._decider.thresholds.budget = Budget.parse(kept.budget)
            self._decider.reconfigure(self._settings.budget)
        gone = sorted(set(kept.entries) - {sensor.name for sensor in self._settings.sensors})
        return (
            *left,
            *adopted.dropped,
            *(f"the sensors entry {name!r} (its channels take the first one)" for name in gone),
        )

    def entry_of(self, key: tuple[str, str]) -> int | None:
        """Return the place of the `sensors` entry of a device's channel; None for one that is not known."""
        slot = self._alignment.channels.find(key)
        return None if slot is None else self._entries[slot]

    def _seat(self, anew: frozenset[str]) -> None:
        """Tell all channels what is not in the blocks, and those that changed their group or whose blocks are `anew` the rest."""
        slots = np.arange(len(self._entries))
        devices, (kin, groups) = self._alignment.block.device[slots], self._kin_of(slots)
        self._organs.restore(devices, groups, anew)
        self._decider.restore(devices, kin, anew)
        self._configure(slots)

    def blocks(self) -> dict[str, Block]:
        """Return all that is remembered, by name: a row a channel; a row a device in `silence`."""
        return {
            "alignment": self._alignment.block,
            "backlog": self._backlog.block,
            **self._forecaster.blocks(),
            **self._organs.blocks(),
            **self._decider.blocks(),
            "silence": self._silence.block,
        }

    def census(self) -> Census:
        """Return how the fleet stands, for metrics and for people."""
        return census_of(self._alignment, self._forecaster, self._decider, self._silence)


def _latest(frozen: Frozen, most: int) -> tuple[Frozen, tuple[str, ...]]:
    """Return what is remembered of the `most` devices that were seen last, and a phrase on the others."""
    stays = np.zeros(len(frozen.devices), np.bool_)
    stays[np.argsort(frozen.seen_at(), kind="stable")[-most:]] = True
    return frozen.only(stays), (
        f"{len(stays) - most} devices beyond max_devices, those that were not seen for longest",
    )
