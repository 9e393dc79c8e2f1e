"""Law: a pattern matches exactly the topics that its MQTT filter matches, by paho's reading of the standard."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from detector.stream.topic import TopicPattern

LEVELS = st.sampled_from(["{device}", "{site}", "{channel}", "+", "a", "b", "", "$SYS", "a.b"])
"""Of which a pattern needs the first, and takes no name twice."""

PATTERNS = (
    st.lists(LEVELS.filter(lambda level: level != "{device}"), max_size=4)
    .map(lambda levels: ["{device}", *(one for place, one in enumerate(levels) if one not in levels[:place])])
    .flatmap(st.permutations)
    .flatmap(lambda levels: st.sampled_from(["/".join(levels), "/".join([*levels, "#"])]))
)
TOPICS = st.lists(st.sampled_from(["a", "b", "", "$SYS", "axb", "pump\n1", "é"]), min_size=1, max_size=6).map("/".join)


def _parsed(text: str) -> TopicPattern | None:
    """Return the pattern, or None for text that is none."""
    try:
        return TopicPattern.parse(text)
    except ValueError as fault:
        return None if str(fault).startswith("expected ") else pytest.fail(f"{fault} does not say what was expected")


@given(text=PATTERNS, topic=TOPICS)
def test_filter_matches_what_the_pattern_matches(text: str, topic: str) -> None:
    """Whatever the filter brings in has a match, and nothing else does."""
    pattern = _parsed(text)
    assume(pattern is not None and topic != "")
    assert pattern is not None
    assert (pattern.match(topic) is not None) == topic_matches_sub(pattern.filter, topic)


@given(text=st.text(max_size=30) | st.text("{}+#/$aé", max_size=12).map("{{device}}/{}".format))
def test_any_text_is_a_pattern_or_a_fault(text: str) -> None:
    """Any text is a pattern or a ValueError that says what was expected."""
    pattern = _parsed(text)
    assert pattern is None or pattern.text == text
