"""The outbox sends in order, keeps what is unconfirmed, and of a retained topic only the newest."""

from detector.edge.outbox import Outbox, Publication


class Network:
    """Takes whatever is handed over, up to its window, and numbers it."""

    def __init__(self, window: int = 100) -> None:
        """Start with no packet sent."""
        self.open = window
        self.sent: list[bytes] = []

    def window(self) -> int:
        """Return how many may be under way."""
        return self.open

    def take(self, publication: Publication) -> int:
        """Note the payload; return the packet identifier, from 1."""
        self.sent.append(publication.payload)
        return len(self.sent)


def alert(number: int) -> Publication:
    """Return an event."""
    return Publication("detector/alerts/info/pump-1", b"alert %d" % number, 1, retain=False)


def state(number: int, channel: str = "level") -> Publication:
    """Return a retained state of a channel."""
    return Publication(
        f"detector/devices/pump-1/{channel}/state", b"%s %d" % (channel.encode(), number), 1, retain=True
    )


def filled(*publications: Publication) -> Outbox:
    """Return an outbox that holds these."""
    outbox = Outbox()
    for publication in publications:
        assert outbox.put(publication)
    return outbox


def test_events_go_out_in_order_and_before_states() -> None:
    """An alert never waits behind states."""
    network = Network()
    filled(state(1), alert(1), alert(2)).send(network.window, network.take)
    assert network.sent == [b"alert 1", b"alert 2", b"level 1"]


def test_of_a_retained_topic_the_newest_alone_waits() -> None:
    """A state replaces an older one of the same channel that was not sent yet; other channels keep theirs."""
    network = Network()
    outbox = filled(state(1), state(1, "flow"), state(2))
    outbox.send(network.window, network.take)
    assert network.sent == [b"level 2", b"flow 1"]


def test_no_more_is_under_way_than_the_window() -> None:
    """The next one is handed over only when one before it is confirmed."""
    network = Network(window=2)
    outbox = filled(alert(1), alert(2), alert(3))
    outbox.send(network.window, network.take)
    assert network.sent == [b"alert 1", b"alert 2"]
    assert outbox.confirm(1) == alert(1)
    outbox.send(network.window, network.take)
    assert network.sent[2:] == [b"alert 3"]
    assert len(outbox) == 2


def test_a_foreign_confirmation_changes_nothing() -> None:
    """The confirmation of a packet that the outbox did not send is not one of its own."""
    outbox = filled(alert(1))
    assert outbox.confirm(9) is None
    assert len(outbox) == 1


def test_a_lost_connection_sends_again_in_order() -> None:
    """What was under way when the connection was lost goes out again, in front of what still waits."""
    network = Network(window=2)
    outbox = filled(alert(1), alert(2), alert(3))
    outbox.send(network.window, network.take)
    outbox.rewind()
    network.open = 100
    outbox.send(network.window, network.take)
    assert network.sent == [b"alert 1", b"alert 2", b"alert 1", b"alert 2", b"alert 3"]


def test_a_lost_connection_does_not_bring_back_an_older_state() -> None:
    """A state that was under way gives way to a newer one that came meanwhile."""
    network = Network(window=1)
    outbox = filled(state(1))
    outbox.send(network.window, network.take)
    outbox.put(state(2))
    outbox.rewind()
    outbox.send(network.window, network.take)
    assert network.sent == [b"level 1", b"level 2"]
    assert len(outbox) == 1


def test_room_is_bounded_for_events_and_states_apiece() -> None:
    """A full outbox refuses; neither kind takes the other's room, and a newer state of a kept topic always fits."""
    outbox = Outbox(max_events=1, max_retained=1)
    assert outbox.put(alert(1))
    assert not outbox.put(alert(2))
    assert outbox.put(state(1))
    assert outbox.put(state(2))
    assert not outbox.put(state(1, "flow"))


def test_what_can_never_be_sent_holds_up_nothing() -> None:
    """A publication that the network refuses for good is let go, and the next one goes out."""
    network = Network()
    outbox = filled(alert(1), alert(2))
    outbox.send(network.window, lambda publication: None if publication == alert(1) else network.take(publication))
    assert network.sent == [b"alert 2"]
    assert len(outbox) == 1


def test_a_forgotten_topic_is_not_sent() -> None:
    """A retained publication can be taken back while it waits; forgetting a topic twice does no harm."""
    outbox = filled(state(1))
    outbox.forget(state(1).topic)
    outbox.forget(state(1).topic)
    assert len(outbox) == 0


def test_waiting_for_an_empty_outbox_ends_when_nothing_more_will_come() -> None:
    """A wait says whether everything was confirmed, and doesn't go on once the network is gone."""
    outbox = filled(alert(1))
    assert not outbox.wait_until_empty(0.0)
    outbox.close()
    assert not outbox.wait_until_empty(60.0)
    assert filled().wait_until_empty(0.0)
