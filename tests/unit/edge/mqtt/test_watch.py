"""When a quiet link is mended, and when it is left in peace."""

from detector.clock import MonoTime
from detector.edge.mqtt.watch import MEMORY_S, Remedy, Watch


def heard(watch: Watch, *moments: float) -> None:
    """Let messages come, in seconds."""
    for moment in moments:
        watch.heard(MonoTime(moment))


def remedies(watch: Watch, begin: float, end: float, step: float = 1.0) -> list[tuple[float, Remedy]]:
    """Look every so often, and return what was to be done, and when."""
    found, now = list[tuple[float, Remedy]](), begin
    while now <= end:
        remedy = watch.remedy(MonoTime(now))
        if remedy is not Remedy.NONE:
            found.append((now, remedy))
        now += step
    return found


def test_a_link_that_falls_quiet_is_subscribed_anew_then_connected_anew() -> None:
    """After the shortest quiet that counts, then after as much again; then with doubling patience."""
    watch = Watch(60.0)
    heard(watch, 0.0, 10.0)
    assert remedies(watch, 10.0, 600.0) == [
        (70.0, Remedy.SUBSCRIBE),
        (130.0, Remedy.RECONNECT),
        (250.0, Remedy.SUBSCRIBE),
        (490.0, Remedy.RECONNECT),
    ]


def test_quiet_is_measured_by_the_longest_pause_of_late() -> None:
    """Where every five minutes something comes, a minute is nothing; three such pauses are."""
    watch = Watch(60.0)
    heard(watch, 0.0, 1.0, 301.0, 302.0)
    assert remedies(watch, 302.0, 1300.0) == [(1202.0, Remedy.SUBSCRIBE)]


def test_a_night_is_learnt() -> None:
    """A plant that is off at night has its link renewed a few times in the first night, and not in the second."""
    watch, night_s = Watch(60.0), 8 * 3600.0
    heard(watch, 0.0, 10.0)
    assert len(remedies(watch, 10.0, night_s, 10.0)) < 10
    heard(watch, night_s, night_s + 10.0)
    assert remedies(watch, night_s + 10.0, 2 * night_s, 10.0) == []


def test_a_long_pause_is_forgotten() -> None:
    """Ten days later the pause of once says nothing any more."""
    watch = Watch(60.0)
    heard(watch, 0.0, 3600.0, *(3600.0 + step * MEMORY_S for step in range(1, 11)))
    begin = 3600.0 + 10 * MEMORY_S
    heard(watch, *(begin + step for step in range(10)))
    assert watch.remedy(MonoTime(begin + 9.0 + 4 * MEMORY_S)) is Remedy.SUBSCRIBE


def test_nothing_is_unusual_before_anything_came() -> None:
    """A link over which nothing ever came is left in peace: nobody knows what to expect."""
    watch = Watch(60.0)
    assert remedies(watch, 0.0, 10_000.0, 100.0) == []
    heard(watch, 10_000.0)
    assert remedies(watch, 10_000.0, 20_000.0, 100.0) == []


def test_the_time_without_a_link_is_not_the_devices_quiet() -> None:
    """After an hour without a broker the patience begins anew."""
    watch = Watch(60.0)
    heard(watch, 0.0, 10.0)
    watch.resumed(MonoTime(3600.0))
    assert remedies(watch, 3600.0, 3700.0) == [(3660.0, Remedy.SUBSCRIBE)]
