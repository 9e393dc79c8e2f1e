"""The engine: readings in, report and next state out. Pure: no I/O, no clock, no randomness.

The whole flow stands in `step`: align, forecast, score, decide, tell, learn. Everything is per row; what rows
share beyond that (who is silent) moves at ticks of the stream clock alone.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.decide import Decider, Decision
from detector.anomaly.episode import Lane
from detector.anomaly.organs import KINDS, Judgement, Organ, Organs
from detector.anomaly.readiness import of_devices, readiness
from detector.anomaly.score import VOICES
from detector.anomaly.silence import SilenceRule
from detector.anomaly.telling import VERDICTS, Numbers, Turn, tell, tell_outage
from detector.domain import AlertEvent, EventTime, Kind, Reading, Stage, Transition, Verdict
from detector.forecast.forecaster import Forecaster
from detector.forecast.network import Network
from detector.report import Batch, Census, Report, Standing
from detector.settings import ChannelSettings, Settings
from detector.state.block import Block
from detector.state.frozen import Frozen, adopt, freeze
from detector.state.rows import Floats, Forecast
from detector.state.slots import Slot
from detector.stream.align import Alignment, Placed
from detector.stream.backlog import Backlog
from detector.stream.stream_clock import TICK_S

WARM_UP = 16
"""Readings before a channel's forecasts are worth calibrating."""

CALIBRATED = 64
"""Readings after which a channel is scored."""

PARTS = (*VOICES, *(organ.name.lower() for organ in Organ))
"""Streams and organs that an engine can do without, for ablation."""

BY_ORGAN = (Kind.PEERS, Kind.LEVEL_SHIFT)
"""Kinds that are told against what the organ expected, and not against the forecast."""

Told = tuple[tuple[int, int], AlertEvent]
"""An event and its place in the stream: the reading's place in the batch, and 0 for a tick before it, 1 for itself."""


class Engine:
    """All devices of one process: `step(batch) -> report`."""

    def __init__(
        self, settings: Settings, network: Network, reference: Floats, without: Collection[str] = frozenset()
    ) -> None:
        """Start with no device known; `reference` (K, 2, RUNGS) holds the tails that new channels borrow.

        What stands in `without`, names of `PARTS`, is left out of every decision.
        """
        assert set(without) <= set(PARTS), f"expected parts among {PARTS}, got {without}"
        memory_s = settings.engine.memory
        self._settings = settings
        self._alignment = Alignment(
            settings.engine.max_devices, settings.engine.max_channels, settings.engine.total_channels
        )
        self._backlog = Backlog()
        self._network = network
        self._forecaster = Forecaster(network, memory_s, settings.engine.head)
        self._organs = Organs(reference, memory_s, without)
        self._decider = Decider(settings.budget)
        self._silence = SilenceRule()
        self._entries: list[int] = []
        self._units: list[str | None] = []
        self._groups: dict[tuple[str, str], int] = {}

    def step(self, batch: Batch) -> Report:
        """Move every reading of the batch through align, forecast, score and decide, then learn from it.

        The report is final before anything is learnt. Cost: one cell step for each reading in order.
        """
        if batch.hour is not None:
            self._organs.renew(batch.hour)
            self._decider.renew(batch.hour)
        placed = self._alignment.place(batch.readings)
        self._welcome(placed)
        rows = placed.rows
        cadence_s = self._forecaster.scale.cadence_s[rows.slots]
        forecast = self._forecaster.predict(rows)
        judgement, views = self._organs.judge(rows, forecast)
        behind_s = self._backlog.behind_s(rows, np.array(batch.now, np.int64)[placed.in_order])
        scored, stored = forecast.steps_seen >= CALIBRATED, behind_s.nonzero()[0]
        decision = self._decider.decide(rows, judgement, cadence_s, scored, stored)
        verdicts = _Verdicts(placed, forecast, judgement, decision, behind_s)
        told = self._listen(batch, placed) + self._tell(batch, verdicts)
        self._organs.learn(rows, forecast, judgement, views, decision.suspect)
        self._forecaster.learn(rows, forecast, decision.suspect)
        return _report(batch, placed, forecast, decision, _in_stream_order(told))

    def _listen(self, batch: Batch, placed: Placed) -> list[Told]:
        """Note who spoke; at each tick, judge who did not."""
        devices, at_us = self._alignment.block.device[placed.rows.slots], placed.rows.at_us
        told: list[Told] = []
        heard = 0
        for tick in batch.ticks:
            until = int(np.searchsorted(placed.in_order, tick.before))
            self._silence.hear(devices[heard:until], at_us[heard:until])
            heard = until
            told += [((tick.before, 0), event) for event in self._judge_silence(tick.at)]
        self._silence.hear(devices[heard:], at_us[heard:])
        return told

    def _judge_silence(self, at: EventTime) -> list[AlertEvent]:
        """Return the events of the devices that fell silent, stayed silent for long, or spoke again by this tick."""
        turns = self._silence.tick(at, TICK_S)
        outages = [tell_outage(self._settings.sensors[outage.entry].name, outage, at) for outage in turns.outages]
        turned = (
            (Transition.OPENED, turns.opened),
            (Transition.UPDATED, turns.worsened),
            (Transition.CLOSED, turns.closed),
        )
        silences = [
            self._tell_silence(Slot(slot), transition, at) for transition, slots in turned for slot in slots.tolist()
        ]
        return outages + silences

    def _welcome(self, placed: Placed) -> None:
        """Give every new channel its rows in every block, and what the configuration says of it."""
        if not placed.new_slots:
            return
        self._grow()
        for slot, reading in placed.new_slots:
            self._entries.append(reading.entry)
            self._units.append(None)
            self._configure(slot)
            device = Slot(int(self._alignment.block.device[slot]))
            kin, group = self._kin_of(reading.entry, reading.channel)
            self._organs.join(slot, device, group)
            self._decider.join(slot, device, kin)

    def _grow(self) -> None:
        """Give all channels and devices that are known rows in every block."""
        channels, devices = len(self._alignment.channels), len(self._alignment.devices)
        for organ in (self._forecaster, self._organs):
            organ.grow(channels)
        self._decider.grow(channels, devices)
        self._backlog.block.grow(channels)
        self._silence.block.grow(devices)

    def _kin_of(self, entry: int, channel: str) -> tuple[int, int | None]:
        """Return the number of a channel's kin, and the same as that of its group if they are compared with each other.

        Its kin are the channels of its name in its group or, for devices that stand alone, in its entry: they have the same
        habits though not the same moments.
        """
        sensor = self._settings.sensors[entry]
        kin = self._groups.setdefault((sensor.peers or sensor.name, channel), len(self._groups))
        return kin, None if sensor.peers is None else kin

    def _configure(self, slot: Slot) -> None:
        """Take over what the configuration says of a channel and its device."""
        sensor = self._settings.sensors[self._entries[slot]]
        _, name = self._alignment.channels.key_of(slot)
        channel = ChannelSettings() if sensor.channels == "auto" else sensor.channels.get(name, ChannelSettings())
        self._decider.limits.set(slot, channel)
        self._forecaster.scale.state_cadence(slot, None if isinstance(sensor.cadence, str) else sensor.cadence)
        self._silence.configure(Slot(int(self._alignment.block.device[slot])), sensor, self._entries[slot])
        self._units[slot] = channel.unit

    def reconfigure(self, settings: Settings) -> None:
        """Take over new settings and keep everything learnt.

        Channels keep the `sensors` entry of the same name; those whose entry is gone take the first one.
        """
        places = {sensor.name: index for index, sensor in enumerate(settings.sensors)}
        self._entries = [places.get(self._settings.sensors[entry].name, 0) for entry in self._entries]
        self._settings = settings
        self._decider.reconfigure(settings.budget)
        for slot in range(len(self._entries)):
            self._configure(Slot(slot))

    def _tell_silence(self, slot: Slot, transition: Transition, at: EventTime) -> AlertEvent:
        """Return the event of a device that fell silent or spoke again."""
        device, block = self._alignment.devices.key_of(slot), self._silence.block
        severity, onset = int(block.severity[slot]), EventTime(int(block.silent_since[slot]))
        return tell(Turn(transition, Kind.SILENT, severity, device, None, at, onset), Numbers())

    def freeze(self) -> Frozen:
        """Return all that is remembered, as views."""
        names = [sensor.name for sensor in self._settings.sensors]
        return Frozen(
            devices=list(self._alignment.devices),
            channels=list(self._alignment.channels),
            entries=[names[entry] for entry in self._entries],
            groups=list(self._groups),
            network=self._network.digest,
            budget=str(self._settings.budget),
            turned=self._decider.thresholds.turned,
            blocks=freeze(self.blocks()),
        )

    def restore(self, frozen: Frozen) -> tuple[str, ...]:
        """Go on from where an engine was frozen, as far as it fits; for one that knows no device.

        The arrays are taken as they are, not copied. Returns what could not be kept, a phrase each.
        """
        most = self._settings.engine.max_devices
        kept, left = _latest(frozen, most) if len(frozen.devices) > most else (frozen, ())
        self._alignment.restore(kept.devices, kept.channels)
        adopted = adopt(self.blocks(), kept, self._network.digest)
        self._grow()
        self._groups = {group: number for number, group in enumerate(kept.groups)}
        places = {sensor.name: index for index, sensor in enumerate(self._settings.sensors)}
        self._entries = [places.get(name, 0) for name in kept.entries]
        self._units = [None] * len(self._entries)
        self._seat(adopted.anew)
        self._decider.thresholds.turned = kept.turned
        if kept.budget != str(self._settings.budget):
            self._decider.reconfigure(self._settings.budget)
        gone = sorted(set(kept.entries) - places.keys())
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
        places = [
            self._kin_of(entry, name) for entry, (_, name) in zip(self._entries, self._alignment.channels, strict=True)
        ]
        kin, groups = [place[0] for place in places], [place[1] for place in places]
        devices = self._alignment.block.device[: len(groups)].tolist()
        self._organs.restore(devices, [-1 if group is None else group for group in groups], anew)
        self._decider.restore(devices, kin, anew)
        for slot in range(len(groups)):
            self._configure(Slot(slot))

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
        channels = len(self._alignment.channels)
        episodes = self._decider.episodes.block
        kinds = episodes.kind[:channels][episodes.open[:channels]]
        opened = dict.fromkeys(Verdict, 0)
        for code, count in zip(*np.unique(kinds, return_counts=True), strict=True):
            opened[VERDICTS[KINDS[code]]] += int(count)
        opened[Verdict.TRANSPORT] += self._silence.open
        seen = self._forecaster.scale.count[:channels]
        learning = np.unique(self._alignment.block.device[:channels][seen < CALIBRATED])
        devices = len(self._alignment.devices)
        used = self._decider.thresholds.used_ratio(devices)
        return Census(devices, channels, len(learning), opened, used, self._standing())

    def _standing(self) -> Standing:
        """Return how far each device has learnt, and how well each channel is forecast."""
        names, devices = tuple(self._alignment.channels), tuple(self._alignment.devices)
        scale, device = self._forecaster.scale, self._alignment.block.device[: len(names)]
        seen, cadence_s = scale.count[: len(names)], scale.cadence_s[: len(names)]
        quarters = self._decider.thresholds.peaks.block.quarters[: len(names)].max(axis=1, initial=0.0)
        ready = of_devices(readiness(seen.astype(np.float64), CALIBRATED, cadence_s, quarters), device, len(devices))
        skill = self._forecaster.skill.ratio()
        return Standing(devices, ready.share, ready.left_s, names, skill.ratio, skill.known & (seen >= CALIBRATED))

    def _tell(self, batch: Batch, verdicts: "_Verdicts") -> list[Told]:
        """Return the events of the rows whose episodes turned."""
        turns = verdicts.decision.turns
        masks = (
            (Transition.OPENED, turns.opened),
            (Transition.UPDATED, turns.worsened),
            (Transition.CLOSED, turns.closed),
        )
        found = [(int(row), int(lane), transition) for transition, mask in masks for row, lane in np.argwhere(mask)]
        told: list[Told] = []
        for row, lane, transition in sorted(found):
            place = int(verdicts.placed.in_order[row])
            event = self._tell_row(batch.readings[place], row, Lane(lane), transition, verdicts)
            told.append(((place, 1), event))
        return told

    def _tell_row(
        self, reading: Reading, row: int, lane: Lane, transition: Transition, verdicts: "_Verdicts"
    ) -> AlertEvent:
        """Return the event of one row's turn."""
        slot = self._alignment.channels.find((reading.device, reading.channel))
        assert slot is not None
        episodes = self._decider.episodes.block
        kind = KINDS[episodes.kind[slot, lane]]
        expected, lower, upper = self._expected(slot, row, kind, verdicts)
        score = float(verdicts.decision.strength[row, lane])
        numbers = Numbers(score, reading.value, expected, lower, upper, self._units[slot])
        severity, onset = int(episodes.severity[slot, lane]), EventTime(int(episodes.onset[slot, lane]))
        behind_s = float(verdicts.behind_s[row])
        turn = Turn(transition, kind, severity, reading.device, reading.channel, reading.at, onset, behind_s)
        return tell(turn, numbers)

    def _expected(self, slot: Slot, row: int, kind: Kind, verdicts: "_Verdicts") -> tuple[float, float, float]:
        """Return what a row of this kind of episode is held against, and between which bounds."""
        forecast, limits = verdicts.forecast, self._decider.limits.block
        if kind is Kind.RANGE:
            return float(forecast.expected[row]), float(limits.low[slot]), float(limits.high[slot])
        if kind in BY_ORGAN:
            organ = verdicts.decision.organ[row]
            expected = float(verdicts.judgement.expected[row, organ])
            half = abs(float(verdicts.judgement.deviation[row, organ])) / max(float(verdicts.decision.score[row]), 1.0)
            return expected, expected - half, expected + half
        return float(forecast.expected[row]), float(forecast.lower[row]), float(forecast.upper[row])


@dataclass(frozen=True, eq=False, slots=True)
class _Verdicts:
    """All that was found out of the rows of one step."""

    placed: Placed
    forecast: Forecast
    judgement: Judgement
    decision: Decision
    behind_s: Floats
    """How long ago was what a row tells of; 0 where that is now."""


def _latest(frozen: Frozen, most: int) -> tuple[Frozen, tuple[str, ...]]:
    """Return what is remembered of the `most` devices that were seen last, and a phrase on the others."""
    stays = np.zeros(len(frozen.devices), np.bool_)
    stays[np.argsort(frozen.seen_at(), kind="stable")[-most:]] = True
    return frozen.only(stays), (
        f"{len(stays) - most} devices beyond max_devices, those that were not seen for longest",
    )


def _in_stream_order(told: list[Told]) -> tuple[AlertEvent, ...]:
    """Return the events in the order of what caused them."""
    return tuple(event for _, event in sorted(told, key=lambda one: one[0]))


def _report(
    batch: Batch, placed: Placed, forecast: Forecast, decision: Decision, events: tuple[AlertEvent, ...]
) -> Report:
    """Spread what is known of the rows in order over all readings of the batch."""
    seen, rows = forecast.steps_seen, placed.in_order
    stage = placed.stage.copy()
    stage[rows] = np.where(seen >= CALIBRATED, Stage.SCORED, np.where(seen >= WARM_UP, Stage.CALIBRATING, stage[rows]))
    warming = seen < WARM_UP
    needed = np.where(warming, WARM_UP, CALIBRATED - WARM_UP)
    left = np.where(warming, WARM_UP, CALIBRATED) - seen

    def spread(column: NDArray[Any], dtype: type) -> NDArray[Any]:
        """Put a column of the rows in order in its place."""
        full: NDArray[Any] = np.zeros(len(stage), dtype)
        full[rows] = column
        return full

    return Report(
        readings=batch.readings,
        stage=stage,
        steps_left=spread(np.maximum(left, 0), np.int32),
        steps_needed=spread(needed, np.int32),
        forecast_known=spread(forecast.known, np.bool_),
        expected=spread(forecast.expected, np.float64),
        lower=spread(forecast.lower, np.float64),
        upper=spread(forecast.upper, np.float64),
        score=spread(decision.score, np.float64),
        threshold=spread(decision.threshold, np.float64),
        anomalous=spread(decision.anomalous, np.int8),
        events=events,
        ticks=batch.ticks,
    )
