"""The page for people."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from detector.clock import WallTime
from detector.domain import FeedbackKind, Height, Reading, RejectReason, Stage, Transition
from detector.edge.channel_view import NOBODY, ChannelView
from detector.edge.ledger import Ledger
from detector.edge.page import MAX_ROWS, render_page
from detector.edge.status import Status
from detector.report import InForce
from detector.settings import ChannelSettings, SensorSettings, Settings
from tests.unit.edge.readings import at, event, reading, report, standing
from tests.unit.edge.test_metrics import status_of


class Words(HTMLParser):
    """Collects what a reader sees, and the tags it stands in."""

    def __init__(self, html: str) -> None:
        """Read a page."""
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.attributes: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.text += f"{data}\n"


def page_of(view: ChannelView, **changes: object) -> Words:
    """Return the page of a daemon that is well but for some changes."""
    status: Status = replace(status_of(view.fleet(), Ledger()), **changes)  # type: ignore[arg-type]
    return Words(render_page(status))


def test_an_empty_daemon_says_so() -> None:
    """Before the first reading the page says that there is nothing yet, and whether the daemon is ready."""
    page = page_of(ChannelView())
    assert "None yet: no reading came in." in page.text
    assert "ready" in page.text
    assert "not ready: no broker" in page_of(ChannelView(), not_ready="no broker").text


def test_a_daemon_that_rejects_everything_says_why() -> None:
    """Where messages come and none gives a reading, the page names the reasons, the most frequent first."""
    ledger = Ledger()
    ledger.arrived(3)
    for reason in (RejectReason.MALFORMED, RejectReason.BAD_TIMESTAMP, RejectReason.BAD_TIMESTAMP):
        ledger.decoded(0, [reason])
    text = page_of(ChannelView(), counts=ledger.snapshot()).text
    assert "None yet: what came was rejected (bad_timestamp 2, malformed 1); the log says what was expected" in text


def test_who_is_under_maintenance_is_shown() -> None:
    """Of whom people are told nothing, and until when: nobody is to wonder why it is so quiet."""
    assert "maintenance" not in page_of(ChannelView()).text
    windows = {"<b>*": WallTime(1_700_003_600.0), "pump-1": WallTime(1_700_000_000.5)}
    text = page_of(ChannelView(), maintenance=windows).text
    assert "Under maintenance by command: people are not told\n" in text
    assert "pump-1\n2023-11-14 22:13:20Z\n<b>*\n2023-11-14 23:13:20Z\n" in text


def test_a_channel_shows_its_numbers_with_units() -> None:
    """A channel shows value, expectation, band and score, with its unit."""
    view = ChannelView()
    view.show(report(reading(value=20.5)))
    channels = {"temperature": ChannelSettings(unit="°C")}
    settings = Settings(sensors=[SensorSettings(name="pumps", topics=["plant/{device}"], channels=channels)])
    text = page_of(view, settings=settings).text
    for words in ("pump-1", "temperature", "20.5 °C", "20 °C", "19 … 21", "0.50", "as expected"):
        assert f"{words}\n" in text


def test_a_learning_channel_says_how_long() -> None:
    """A channel that warms up says how many readings are left, and shows no score."""
    view = ChannelView()
    view.show(report(reading(), stage=Stage.WARMING_UP))
    text = page_of(view).text
    assert "warming up, 12 readings left" in text
    assert "0.50" not in text


@pytest.mark.parametrize(
    ("share", "left_s", "words"),
    [
        (0.4, 3 * 86_400.0, "learning: 40%, about 3 days left"),
        (0.25, 90_000.0, "learning: 25%, about 25 h left"),
        (0.1, 600.0, "learning: 10%, about 10 min left"),
        (0.0, float("inf"), "learning: 0%\n"),
    ],
)
def test_a_learning_device_says_how_far_it_is(share: float, left_s: float, words: str) -> None:
    """Beside the first channel of a device stands how much it has learnt, and how long the rest takes where that is known."""
    view = ChannelView()
    view.show(report(reading(), reading(channel="vibration")))
    view.census = replace(NOBODY, standing=standing(("pump-1", "temperature"), share=share, left_s=left_s))
    text = page_of(view).text
    assert words in text
    assert text.count("learning: ") == 1


def test_a_device_that_has_learnt_all_says_nothing_of_it() -> None:
    """With all learnt there is nothing to wait for; the skill of a channel stays."""
    view = ChannelView()
    view.show(report(reading()))
    view.census = replace(NOBODY, standing=standing(("pump-1", "temperature"), share=1.0, left_s=0.0))
    text = page_of(view).text
    assert "learning: " not in text
    assert "25%\n" in text


def test_an_open_episode_is_told_in_its_own_words() -> None:
    """An open episode shows its summary, and its channel comes before all others."""
    view = ChannelView()
    view.show(report(reading(device="aaa"), reading(), events=[event(Transition.OPENED)]))
    text = page_of(view).text
    assert "pump-1 temperature is strange." in text
    channels = text[text.index("Channels") : text.index("Last alert events")]
    assert channels.index("pump-1") < channels.index("aaa")
    assert "process alert since 2023-11-14 22:13:20Z" in channels


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", "' onmouseover='x", '"><img src=x>', "\u202egnp", "\x1b[2J", "\ud800"]
)
def test_names_from_the_network_stay_text(hostile: str) -> None:
    """Whatever a device, a channel or a summary is called, the page has the same tags and nothing that runs."""
    view, plain = ChannelView(), ChannelView()
    for shown, name in ((view, hostile), (plain, "plain")):
        opened = event(Transition.OPENED, device=name, channel=name, summary=name)
        shown.show(report(Reading(name, name, reading().at, 1.0, 0), events=[opened]))
    page, expected = page_of(view), page_of(plain)
    assert (page.tags, page.attributes) == (expected.tags, expected.attributes)
    assert all(character.isprintable() or character == "\n" for character in page.text)


def test_a_large_fleet_is_cut_short() -> None:
    """Of many channels the first are shown, and the rest is counted."""
    view = ChannelView()
    view.show(report(*(reading(device=f"pump-{number}") for number in range(MAX_ROWS + 50))))
    page = page_of(view)
    assert "and 50 more" in page.text
    assert page.tags.count("tr") < MAX_ROWS + 10


def test_an_open_alert_shows_its_id_and_how_to_answer_it() -> None:
    """The id leads to what is known of the alert; where nothing is open there is nothing to answer."""
    view = ChannelView()
    assert "To answer one" not in page_of(view).text
    view.show(report(events=[event(Transition.OPENED)]))
    page = page_of(view)
    assert "pump-1/temperature/process" in page.text
    assert "detector alerts ack|false|confirm CONFIG ALERT" in page.text
    assert "href" in page.attributes


def test_feedback_in_force_is_shown() -> None:
    """Of which alert, what it was called, by how much it raises what, and until when; without any there is no such table."""
    view = ChannelView()
    assert "Feedback in force" not in page_of(view).text
    said = InForce("00ff", "pump <1>", "flow", FeedbackKind.FALSE, at(0.0), (Height("spike", 1.43),))
    view.census = replace(view.fleet().census, feedback=(said,))
    page = page_of(view)
    for words in ("Feedback in force", "00ff", "pump <1>", "flow", "false", "spike 1.43 times", "2023-11-14"):
        assert words in page.text
    assert "1" not in page.tags
