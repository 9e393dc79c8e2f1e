"""Law: the effective configuration, read again, gives equal settings."""

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from detector.domain import Direction
from detector.edge.config_file import effective_text, parse_settings
from detector.settings import Budget, BudgetScope, Settings
from detector.settings.quantities import BYTES, PERIODS, SECONDS

DURATIONS = st.builds(
    lambda count, unit: count * SECONDS[unit],
    st.integers(1, 10**6) | st.floats(1e-3, 1e9),
    st.sampled_from(sorted(SECONDS)),
)
SIZES = st.builds(lambda count, unit: count * BYTES[unit], st.integers(1, 2000), st.sampled_from(sorted(BYTES)))
WORDS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12
) | st.sampled_from(
    [
        "yes",
        "1e3",
        "0x1F",
        "null",
        "~",
        "${X}",
        "$$",
        "a: b",
        "- a",
        "#",
        "true",
        ".inf",
        "{a}",
        "01",
        "2004-02-29",
        "<<",
        "=",
        "\x85",
    ]
)
NAMES = WORDS.filter(lambda name: all(c.isprintable() for c in name))
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
BUDGETS = st.builds(
    Budget, st.floats(1e-9, 1e12), st.sampled_from(BudgetScope), st.sampled_from(sorted(PERIODS.values()))
)
CHANNELS = st.fixed_dictionaries(
    {},
    optional={
        "field": WORDS,
        "unit": WORDS,
        "range": st.tuples(FLOATS, FLOATS).filter(lambda ends: ends[0] < ends[1]),
        "min_deviation": st.floats(0, allow_nan=False, allow_infinity=False),
        "direction": st.sampled_from(Direction),
    },
)
ENTRIES = st.fixed_dictionaries(
    {"name": WORDS},
    optional={
        "topics": st.lists(st.sampled_from(["a/{device}", "$share/g/{device}", "{site}/{device}/#"]), max_size=3),
        "devices": WORDS,
        "timestamp": st.none() | st.fixed_dictionaries({"field": WORDS}),
        "cadence": st.just("auto") | DURATIONS,
        "silent_after": st.sampled_from(["auto", "never"]) | DURATIONS,
        "channels": st.just("auto") | st.dictionaries(NAMES, CHANNELS, min_size=1, max_size=3),
    },
)
SECTIONS = st.fixed_dictionaries(
    {"sensors": st.lists(ENTRIES, min_size=1, max_size=3, unique_by=lambda entry: str(entry["name"]))},
    optional={
        "budget": BUDGETS,
        "model": WORDS.map(Path),
        "mqtt": st.fixed_dictionaries({"client_id": WORDS, "keepalive": DURATIONS, "inbox": st.fixed_dictionaries({"max_payload": SIZES})}),
        "alerts": st.fixed_dictionaries({"mqtt": st.none()}),
        "engine": st.fixed_dictionaries({"memory": DURATIONS, "max_devices": st.integers(1, 10**30)}),
    },
)  # fmt: skip


@settings(deadline=None)  # writing and reading YAML is not quick
@given(sections=SECTIONS)
def test_effective_configuration_round_trip(sections: dict[str, Any]) -> None:
    """Whatever the settings are, writing them as YAML and reading that gives them back."""
    wanted = Settings.model_validate(sections)
    text = effective_text(wanted)
    assert parse_settings("effective", text.encode(), {"X": "wrong"}) == wanted
