"""The one sentence of an alert."""

import re
from itertools import product

import pytest

from detector.anomaly.sentence import duration_in_words, number, quantity, sentence
from detector.anomaly.telling import Numbers, Turn, tell
from detector.domain import AlertEvent, EventTime, Kind, Transition
from tests.fleet import START

NUMBERS = Numbers(score=1.4, value=81.2, expected=65.0, lower=62.0, upper=68.0, unit="°C")


def event(kind: Kind, transition: Transition = Transition.OPENED, numbers: Numbers = NUMBERS) -> AlertEvent:
    """Return an event of an episode that began twelve minutes ago."""
    channel, numbers = (None, Numbers()) if kind is Kind.SILENT else ("temperature", numbers)
    return tell(Turn(transition, kind, 1, "pump-7", channel, EventTime(START + 720_000_000), START), numbers)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.RESIDUAL, "pump-7 temperature is 81.2 °C, expected 62 to 68 °C."),
        (Kind.NOISE, "pump-7 temperature has become restless: 81.2 °C now, expected 62 to 68 °C."),
        (Kind.LEVEL_SHIFT, "pump-7 temperature has left its usual level: 81.2 °C now, usually about 65 °C."),
        (Kind.DRIFT, "pump-7 temperature has been drifting for 12 min: 81.2 °C now, expected 62 to 68 °C."),
        (Kind.SPIKE, "pump-7 temperature jumps for single readings: 81.2 °C now, expected 62 to 68 °C."),
        (Kind.STUCK, "pump-7 temperature has shown 81.2 °C without change for 12 min, longer than it ever does."),
        (Kind.RANGE, "pump-7 temperature is 81.2 °C, outside its limits of 62 to 68 °C."),
        (Kind.SILENT, "pump-7 has been silent for 12 min, longer than is usual for it."),
    ],
)
def test_every_kind_says_what_is_and_what_was_expected(kind: Kind, text: str) -> None:
    """The sentence of an open episode, whether it is new or has got worse."""
    assert sentence(event(kind)) == sentence(event(kind, Transition.UPDATED)) == text


def test_the_end_of_an_episode_says_how_long_it_was() -> None:
    """A channel is back to normal; a silent device speaks again."""
    assert sentence(event(Kind.DRIFT, Transition.CLOSED)) == "pump-7 temperature is back to normal after 12 min."
    assert sentence(event(Kind.SILENT, Transition.CLOSED)) == "pump-7 speaks again after 12 min."


@pytest.mark.parametrize(("kind", "transition"), list(product(Kind, Transition)))
def test_every_kind_and_transition_gives_one_sentence(kind: Kind, transition: Transition) -> None:
    """It begins with the device or with how many there are, ends with its only full stop, and holds a number and no placeholder."""
    text = event(kind, transition).summary
    assert "pump-7 " in text
    assert text.startswith("pump-7 ") or kind is Kind.OUTAGE
    assert text.count(". ") == 0
    assert text.endswith(".")
    assert re.search(r"\d+ (min|°C)", text)
    assert not re.search(r"None|nan|inf|unknown|\{|  ", text)


def test_a_channel_without_a_unit_gives_bare_numbers() -> None:
    """Nothing stands where a unit would."""
    text = event(Kind.RESIDUAL, numbers=Numbers(value=3.0, lower=1.0, upper=2.0)).summary
    assert text == "pump-7 temperature is 3, expected 1 to 2."


def test_one_limit_is_enough_to_say() -> None:
    """With one bound alone the sentence says at most, or at least."""
    above = event(Kind.RANGE, numbers=Numbers(value=3.0, upper=2.0, unit="bar")).summary
    below = event(Kind.RANGE, numbers=Numbers(value=3.0, lower=4.0, unit="bar")).summary
    assert above == "pump-7 temperature is 3 bar, outside its limits of at most 2 bar."
    assert below == "pump-7 temperature is 3 bar, outside its limits of at least 4 bar."


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0 s"),
        (0.4, "0 s"),
        (119.4, "119 s"),
        (120.0, "2 min"),
        (720.0, "12 min"),
        (7199.0, "2 h"),
        (7200.0, "2 h"),
        (15000.0, "4 h 10 min"),
        (172799.0, "2 d"),
        (172800.0, "2 d"),
        (183600.0, "2 d 3 h"),
        (30000000.0, "347 d 5 h"),
    ],
)
def test_durations_read_as_people_say_them(seconds: float, words: str) -> None:
    """Two units at most, and never sixty of the smaller one."""
    assert duration_in_words(seconds) == words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (21.5374, "21.537"),
        (101325.0, "101325"),
        (-250000.4, "-250000"),
        (99999.9, "100000"),
        (2500000000.0, "2.5e+09"),
        (1e-12, "1e-12"),
        (1e150, "1e+150"),
    ],
)
def test_numbers_read_as_people_write_them(value: float, text: str) -> None:
    """Five significant digits, but a pressure in pascal is not written as a power of ten."""
    assert number(value) == text


def test_a_quantity_has_its_unit_behind_it() -> None:
    """A value that nobody knows is said to be unknown."""
    assert [quantity(3.0, "bar"), quantity(3.0, None), quantity(None, "bar")] == ["3 bar", "3", "an unknown value"]
