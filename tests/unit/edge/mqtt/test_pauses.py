"""How long the link waits before it tries again."""

import random

from detector.edge.mqtt.pauses import RIVAL_LONGEST_S, Pauses
from detector.settings import MqttSettings

SETTINGS = MqttSettings(reconnect_min=0.5, reconnect_max=4.0)


def pauses() -> Pauses:
    """Return pauses with chance from a seed."""
    return Pauses(SETTINGS, random.Random(1))


def test_a_broker_that_is_away_is_looked_for_every_few_seconds() -> None:
    """However long it has been away, the next try is no more than `reconnect_max` off."""
    subject = pauses()
    found = [subject.after(None, taken_over=False) for _ in range(100)]
    assert found[0] <= 0.5
    assert 2.0 <= min(found[10:]) <= max(found) <= 4.0


def test_after_a_good_connection_the_next_try_is_soon() -> None:
    """A connection that lived for a while resets the pause."""
    subject = pauses()
    for _ in range(10):
        subject.after(None, taken_over=False)
    assert subject.after(60.0, taken_over=False) <= 0.5


def test_a_rival_is_left_alone_for_longer_and_longer() -> None:
    """Two daemons of one name do not throw each other out all the time; once all is well, nothing is held against anybody."""
    subject = pauses()
    found = [subject.after(1.0, taken_over=True) for _ in range(20)]
    assert SETTINGS.reconnect_max / 2 <= found[0] <= SETTINGS.reconnect_max
    assert RIVAL_LONGEST_S / 2 <= min(found[-5:]) <= max(found[-5:]) <= RIVAL_LONGEST_S
    subject.after(RIVAL_LONGEST_S + 1.0, taken_over=False)
    assert subject.after(60.0, taken_over=True) <= SETTINGS.reconnect_max


def test_a_bad_line_is_no_rival() -> None:
    """Connections that break off after a second are made again within `reconnect_max`, however many there were."""
    subject = pauses()
    assert max(subject.after(1.0, taken_over=False) for _ in range(50)) <= SETTINGS.reconnect_max
    assert subject.short_lives == 50
