"""Topic patterns: what they subscribe to, what they match, what they refuse."""

import pytest

from detector.stream.topic import TopicMatch, TopicPattern


@pytest.mark.parametrize(
    ("text", "mqtt_filter"),
    [
        ("plant/{site}/{device}/telemetry", "plant/+/+/telemetry"),
        ("{device}/#", "+/#"),
        ("+/{device}", "+/+"),
        ("/{device}", "/+"),
        ("$SYS/{device}", "$SYS/+"),
        ("$share/group/a/{device}", "$share/group/a/+"),
    ],
)
def test_braces_become_single_level_wildcards(text: str, mqtt_filter: str) -> None:
    """Each brace becomes a single-level wildcard of the MQTT filter; everything else stays."""
    assert TopicPattern.parse(text).filter == mqtt_filter


def test_a_match_gives_device_channel_and_labels() -> None:
    """A match gives the device, the channel and the other braces as labels."""
    pattern = TopicPattern.parse("p/{site}/{device}/x/{channel}")
    assert pattern.match("p/north/pump-1/x/flow") == TopicMatch("pump-1", "flow", {"site": "north"})
    assert pattern.names_channel


def test_a_topic_without_a_channel_has_none() -> None:
    """A pattern without {channel} gives no channel."""
    assert TopicPattern.parse("a/{device}").match("a/b") == TopicMatch("b", None, {})


@pytest.mark.parametrize("topic", ["a", "a/b/c", "A/b", "x/a/b", "a/b\n/c", ""])
def test_other_topics_do_not_match(topic: str) -> None:
    """A topic with other levels, or more or fewer of them, does not match."""
    assert TopicPattern.parse("a/{device}").match(topic) is None


@pytest.mark.parametrize("topic", ["a/b", "a/b/", "a/b/c/d"])
def test_a_hash_takes_the_parent_and_everything_below(topic: str) -> None:
    """A closing # takes the level above it and everything below."""
    match = TopicPattern.parse("a/{device}/#").match(topic)
    assert match is not None
    assert match.device == "b"


def test_a_leading_wildcard_leaves_the_brokers_own_topics_alone() -> None:
    """A pattern that starts with a brace does not match $SYS topics, as in MQTT."""
    assert TopicPattern.parse("{device}/#").match("$SYS/broker") is None
    assert TopicPattern.parse("$SYS/{device}").match("$SYS/broker") == TopicMatch("broker", None, {})


def test_a_shared_subscription_matches_topics_without_its_prefix() -> None:
    """Topics of a shared subscription arrive without $share/group/."""
    assert TopicPattern.parse("$share/g/a/{device}").match("a/b") == TopicMatch("b", None, {})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "expected a topic pattern"),
        ("a\0/{device}", "expected a topic pattern"),
        ("a/" + "b" * 70_000 + "/{device}", "expected a topic pattern"),
        ("a/b", r"expected \{device\}"),
        ("{device}/{device}", r"expected \{device\} once"),
        ("{device}/{site}/{site}", r"expected \{site\} once"),
        ("a/#/{device}", "expected # as the last level only"),
        ("{device}/a#", r"expected \+ and # to be a whole level"),
        ("{device}/a+", r"expected \+ and # to be a whole level"),
        ("a-{device}", "expected braces around one name for a whole level"),
        ("{device}/{}", "expected braces around one name"),
        ("{device}/{2a}", "expected braces around one name"),
        ("{device}/{a b}", "expected braces around one name"),
        ("$share/{device}", r"expected \$share/group/"),
        ("$share/g+/{device}", r"expected \$share/group/"),
    ],
)
def test_what_is_no_pattern_is_refused(text: str, problem: str) -> None:
    """What is no MQTT filter, or does not name the device exactly once, is refused with the reason."""
    with pytest.raises(ValueError, match=problem):
        TopicPattern.parse(text)


def test_a_pattern_knows_what_it_lies_under() -> None:
    """A pattern knows whether all its topics lie under a base topic."""
    assert TopicPattern.parse("detector/{device}").is_under("detector")
    assert TopicPattern.parse("$share/g/site/detector/{device}").is_under("site/detector")
    assert not TopicPattern.parse("detectors/{device}").is_under("detector")
    assert not TopicPattern.parse("{device}/#").is_under("detector")
