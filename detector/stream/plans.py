"""How the payloads of a topic are read that are plain: a plan for one at a time, and a seat in a form for many.

In: what a topic says of its messages, as `decode` has it. Out: its plan and its seat, or None where its payloads take `decode`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import orjson

from detector.domain import EventTime, Rejected
from detector.readings import Columns, Name, Names
from detector.settings import PayloadFormat, SensorSettings
from detector.stream.decode import Route
from detector.stream.form_kinds import AnyForm, FieldsForm, NumberOf, ValueForm
from detector.stream.forms import Forms
from detector.stream.json_payload import MAX_VALUES, VALUE_FIELD, channel_name
from detector.stream.names import MAX_NAME, is_good_name
from detector.stream.number import PLAIN_NUMBER
from detector.stream.timestamp import AHEAD, EARLIEST, parse_timestamp
from detector.stream.value_payload import channel_of


class Field(NamedTuple):
    """Where a value stands, and whose it is."""

    key: str
    within: str | None
    """A key in the object that stands there."""
    path: str
    """Both, as the configuration has them: a key of the same letters comes first."""
    number: int
    """Of its name."""


class Whose(NamedTuple):
    """What a topic says of its messages."""

    device: str
    channel: str | None
    entry: int
    settings: SensorSettings


Plan = Callable[[bytes, EventTime, Columns], bool]
"""Reads a payload that came at a moment into columns; False, and nothing is read, where it is not plain."""

Seat = Callable[[str], None]
"""Gives a topic its place in the form in which many of its messages are read at once."""


class Planner:
    """Makes plans and seats."""

    def __init__(self, names: Names, forms: Forms, max_channels: int) -> None:
        """Number names among `names`, and seat topics in `forms`; one payload may have `max_channels` at most."""
        self._names, self._forms, self._max_channels = names, forms, max_channels

    def plan(self, route: Route) -> tuple[Plan, Seat] | None:
        """Return how the payloads of a topic are read that has a route, one by one and many at once; None where they are not plain."""
        whose = Whose(route.match.device, route.match.channel, route.entry, route.settings)
        if whose.settings.format is PayloadFormat.VALUE:
            return self._plan_of_value(whose)
        if whose.settings.timestamp is not None and "." in whose.settings.timestamp.field:
            return None
        return self._plan_of_any(whose) if whose.settings.channels == "auto" else self._plan_of_configured(whose)

    def _plan_of_value(self, whose: Whose) -> tuple[Plan, Seat] | None:
        """Return how a payload is read that is one number."""
        channel = channel_of(whose.channel, whose.settings)
        if isinstance(channel, Rejected):
            return None
        number = self._names.number(Name(whose.device, channel, whose.entry))

        def read(payload: bytes, arrived: EventTime, columns: Columns) -> bool:
            if PLAIN_NUMBER.fullmatch(payload) is None:
                return False
            columns.numbers.append(number)
            columns.at_us.append(arrived)
            columns.values.append(float(payload))
            return True

        def seat(topic: str) -> None:
            form = self._forms.find("value", ValueForm)
            assert isinstance(form, ValueForm)
            self._forms.seat(topic, "value", form.table.add([number]))

        return read, seat

    def _plan_of_configured(self, whose: Whose) -> tuple[Plan, Seat] | None:
        """Return how the configured channels are read out of an object that has all of them."""
        fields = self._fields(whose)
        if fields is None:
            return None
        stamp = _reader_of_time(whose.settings)
        numbers = [field.number for field in fields]

        def row_of(document: dict[str, Any]) -> list[float] | None:
            values = []
            for key, within, path, _ in fields:
                value = document.get(key)
                if within is not None:
                    value = value.get(within) if type(value) is dict and path not in document else None
                if type(value) is not float:
                    if type(value) is not int:
                        return None
                    value = float(value)
                values.append(value)
            return values

        def read(payload: bytes, arrived: EventTime, columns: Columns) -> bool:
            document = _object(payload)
            at = None if document is None else stamp(document, arrived)
            values = None if document is None else row_of(document)
            if at is None or values is None:
                return False
            columns.numbers += numbers
            columns.at_us += [at] * len(values)
            columns.values += values
            return True

        def seat(topic: str) -> None:
            key = whose.entry, tuple(field.path for field in fields)
            keys = None if any(field.within is not None for field in fields) else [field.key for field in fields]
            form = self._forms.find(key, lambda: FieldsForm(keys, row_of, len(fields), whose.settings.timestamp))
            assert isinstance(form, FieldsForm)
            self._forms.seat(topic, key, form.table.add(numbers))

        return read, seat

    def _fields(self, whose: Whose) -> list[Field] | None:
        """Return where the configured channels stand; None where that takes a search."""
        channels = whose.settings.channels
        assert channels != "auto"
        if whose.channel is not None:
            channels = {name: channel for name, channel in channels.items() if name == whose.channel}
        fields: list[Field] = []
        for name, channel in channels.items():
            path = channel.field or (name if whose.channel is None else VALUE_FIELD)
            key, dot, within = path.partition(".")
            if "." in within or (dot and not within):
                return None
            number = self._names.number(Name(whose.device, name, whose.entry))
            fields.append(Field(key, within if dot else None, path, number))
        return fields or None

    def _plan_of_any(self, whose: Whose) -> tuple[Plan, Seat]:
        """Return how every number is read out of an object without further ones in it."""
        timestamp = whose.settings.timestamp
        time_field = None if timestamp is None else timestamp.field
        stamp, most, number_of = _reader_of_time(whose.settings), self._max_channels, self._numbers_of(whose)

        def read(payload: bytes, arrived: EventTime, columns: Columns) -> bool:
            document = _object(payload)
            at = None if document is None else stamp(document, arrived)
            if document is None or at is None or len(document) > MAX_VALUES:
                return False
            numbers, values = [], []
            for key, value in document.items():
                kind = type(value)
                if (kind is float or kind is int) and key != time_field:
                    number = number_of(key)
                    if number is None:
                        return False
                    numbers.append(number)
                    values.append(float(value))
                elif kind is dict or kind is list:
                    return False
            if not 0 < len(numbers) <= most:
                return False
            columns.numbers += numbers
            columns.at_us += [at] * len(values)
            columns.values += values
            return True

        def seat(topic: str) -> None:
            form = self._forms.find(whose.entry, lambda: AnyForm(timestamp, most))
            assert isinstance(form, AnyForm)
            self._forms.seat(topic, whose.entry, form.add(number_of))

        return read, seat

    def _numbers_of(self, whose: Whose) -> NumberOf:
        """Return what numbers the channels of a topic by their keys, as far as they have good names and are not too many."""
        known, names, most = dict[str, int](), self._names, 2 * self._max_channels

        def number_of(key: str) -> int | None:
            number = known.get(key)
            if number is None:
                name = channel_name(key, whose.channel)
                if len(key) > MAX_NAME or not is_good_name(name) or len(known) > most:
                    return None
                number = known[key] = names.number(Name(whose.device, name, whose.entry))
            return number

        return number_of


def _object(payload: bytes) -> dict[str, Any] | None:
    """Return the object that a payload is; None where it is anything else."""
    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
    return document if type(document) is dict else None


def _reader_of_time(settings: SensorSettings) -> Callable[[dict[str, Any], EventTime], EventTime | None]:
    """Return what finds the event time in an object that came at a moment; that gives None where something is amiss with it."""
    timestamp = settings.timestamp
    if timestamp is None:
        return lambda _document, arrived: arrived
    field, form = timestamp.field, timestamp.format

    def read(document: dict[str, Any], arrived: EventTime) -> EventTime | None:
        at = parse_timestamp(document.get(field), form)
        if isinstance(at, Rejected) or not EARLIEST <= at <= arrived + AHEAD:
            return None
        return at

    return read
