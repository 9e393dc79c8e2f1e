"""Tells of what a step decided: the rows whose episodes turned, and at ticks the devices that fell silent.

In: a batch and its `Verdicts`. Out: alert events in the order of what caused them.
"""

import numpy as np

from detector.anomaly.decide import Decider
from detector.anomaly.episode import Lane
from detector.anomaly.organs import KINDS
from detector.anomaly.silence import SilenceRule
from detector.anomaly.telling import Numbers, Turn, alert_id, tell, tell_departure, tell_outage
from detector.domain import AlertEvent, EventTime, Height, Kind, Reading, Transition
from detector.engine.entries import Entries
from detector.engine.outcome import Verdicts
from detector.report import Batch
from detector.state.rows import Mask
from detector.state.slots import Slot
from detector.stream.align import Alignment, Placed
from detector.stream.stream_clock import TICK_S

BY_ORGAN = (Kind.PEERS, Kind.LEVEL_SHIFT)
"""Kinds that are told against what the organ expected, and not against the forecast."""

LANE_OF = {Kind.STUCK: Lane.STUCK, Kind.CLIPPING: Lane.CLIPPED, Kind.RANGE: Lane.RANGE}
"""Lanes of the kinds that rules tell of; all others are learnt."""

Told = tuple[tuple[int, int], AlertEvent]
"""An event and its place in the stream: the reading's place in the batch, and 0 for a tick before it, 1 for itself."""


class Teller:
    """Puts turns into words, for the stages of one engine; of the silence rule it says who spoke, and when a tick falls."""

    def __init__(self, alignment: Alignment, decider: Decider, silence: SilenceRule, entries: Entries) -> None:
        """Tell of these; `entries` know names and units."""
        self._alignment, self._decider, self._silence, self._entries = alignment, decider, silence, entries

    def tell(self, batch: Batch, verdicts: Verdicts) -> tuple[AlertEvent, ...]:
        """Return the events of a step."""
        told = self._listen(batch, verdicts.placed) + self._tell_rows(batch, verdicts)
        return tuple(event for _, event in sorted(told, key=lambda one: one[0]))

    def tell_departures(self, goes: Mask, at: EventTime) -> tuple[AlertEvent, ...]:
        """Return the ends of all episodes of the devices (D,) that go at an hour, and of outages that stand for them alone."""
        alignment, episodes, silence = self._alignment, self._decider.episodes.block, self._silence.block
        device_of = alignment.block.device[: len(alignment.channels)]
        closed = list[tuple[int, Turn]]()
        for slot, lane in np.argwhere(episodes.open[: len(device_of)] & goes[device_of][:, None]).tolist():
            kind, severity = KINDS[episodes.kind[slot, lane]], int(episodes.severity[slot, lane])
            onset = EventTime(int(episodes.onset[slot, lane]))
            turn = Turn(Transition.CLOSED, kind, severity, *alignment.channels.key_of(Slot(slot)), at, onset)
            closed.append((int(device_of[slot]), turn))
        for slot in np.flatnonzero((silence.silent & ~silence.covered)[: len(goes)] & goes).tolist():
            device, onset = alignment.devices.key_of(Slot(slot)), EventTime(int(silence.silent_since[slot]))
            severity = int(silence.severity[slot])
            closed.append((slot, Turn(Transition.CLOSED, Kind.SILENT, severity, device, None, at, onset)))
        told = (tell_departure(turn, EventTime(int(silence.heard_at[slot]))) for slot, turn in closed)
        ended = (tell_outage(self._entries.sensors[one.entry].name, one, at) for one in self._silence.leave(goes))
        return (*told, *ended)

    def heights_of(self, event: AlertEvent) -> tuple[Height, ...]:
        """Return how strong the episode of an alert has been, by now if it is open, or else when it was told."""
        slot = None if event.channel is None else self._alignment.channels.find((event.device, event.channel))
        lane, episodes = LANE_OF.get(event.kind, Lane.LEARNT), self._decider.episodes.block
        if slot is None or not episodes.open[slot, lane]:
            return event.heights
        opened = alert_id(event.device, event.channel, EventTime(int(episodes.onset[slot, lane])), event.kind)
        return self._decider.heights.of(slot, lane) if opened == event.id else event.heights

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
        outages = [tell_outage(self._entries.sensors[outage.entry].name, outage, at) for outage in turns.outages]
        turned = (
            (Transition.OPENED, turns.opened),
            (Transition.UPDATED, turns.worsened),
            (Transition.CLOSED, turns.closed),
        )
        silences = [
            self._tell_silence(Slot(slot), transition, at) for transition, slots in turned for slot in slots.tolist()
        ]
        return outages + silences

    def _tell_silence(self, slot: Slot, transition: Transition, at: EventTime) -> AlertEvent:
        """Return the event of a device that fell silent or spoke again."""
        device, block = self._alignment.devices.key_of(slot), self._silence.block
        severity, onset = int(block.severity[slot]), EventTime(int(block.silent_since[slot]))
        return tell(Turn(transition, Kind.SILENT, severity, device, None, at, onset), Numbers())

    def _tell_rows(self, batch: Batch, verdicts: Verdicts) -> list[Told]:
        """Return the events of the rows whose episodes turned."""
        turns = verdicts.decision.turns
        masks = (
            (Transition.OPENED, turns.opened),
            (Transition.UPDATED, turns.worsened),
            (Transition.CLOSED, turns.closed),
        )
        found = [
            (int(row), int(lane), transition)
            for transition, mask in masks
            if np.count_nonzero(mask)  # few steps have turns, and to find none takes forty times as long
            for row, lane in np.argwhere(mask)
        ]
        told: list[Told] = []
        for row, lane, transition in sorted(found):
            place = int(verdicts.placed.in_order[row])
            event = self._tell_row(batch.readings[place], row, Lane(lane), transition, verdicts)
            told.append(((place, 1), event))
        return told

    def _tell_row(
        self, reading: Reading, row: int, lane: Lane, transition: Transition, verdicts: Verdicts
    ) -> AlertEvent:
        """Return the event of one row's turn."""
        slot = self._alignment.channels.find((reading.device, reading.channel))
        assert slot is not None
        episodes = self._decider.episodes.block
        kind = KINDS[episodes.kind[slot, lane]]
        expected, lower, upper = self._expected(slot, row, kind, verdicts)
        score = float(verdicts.decision.strength[row, lane])
        heights = self._decider.heights.of(slot, lane)
        numbers = Numbers(score, reading.value, expected, lower, upper, self._entries.settings_of(slot).unit, heights)
        severity, onset = int(episodes.severity[slot, lane]), EventTime(int(episodes.onset[slot, lane]))
        behind_s = float(verdicts.behind_s[row])
        turn = Turn(transition, kind, severity, reading.device, reading.channel, reading.at, onset, behind_s)
        return tell(turn, numbers)

    def _expected(self, slot: Slot, row: int, kind: Kind, verdicts: Verdicts) -> tuple[float, float, float]:
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
