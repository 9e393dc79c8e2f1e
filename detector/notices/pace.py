"""How often people may be told of one channel: three times an hour, however often it comes and goes.

In: when it opened and when it was told of. Out: whether it may be told of now. A third message says that there will be no
more; good news must leave room for it; what is graver than all that was told within the hour is always told.
"""

from typing import Any, Final, NamedTuple

from detector.domain import HOUR_S

CALM_S: Final = HOUR_S
"""How long it has to be calm before one that came and went is believed to be over."""

MOST: Final = 3
"""Messages about one channel within an hour."""

OFTEN: Final = 3
"""A channel that opens so often within an hour comes and goes."""

REMEMBERED: Final = 1000
"""Most openings of one channel that are counted."""


class Telling(NamedTuple):
    """A message about a channel."""

    at: float
    rank: int
    """Severity that was told."""
    counts: bool
    """Against the limit: all but those that say that it has become graver."""


class History(NamedTuple):
    """The last hour of a channel, as far as one receiver is concerned."""

    opened: tuple[float, ...] = ()
    told: tuple[Telling, ...] = ()

    def until(self, now: float) -> "History":
        """Return what of it lies within the last hour."""
        since = now - HOUR_S
        return History(
            tuple(at for at in self.opened if at > since)[-REMEMBERED:],
            tuple(telling for telling in self.told if telling.at > since),
        )

    def earlier(self, seconds: float) -> "History":
        """Return it as if all had been so much earlier."""
        opened = tuple(at - seconds for at in self.opened)
        return History(opened, tuple(telling._replace(at=telling.at - seconds) for telling in self.told))

    @property
    def messages(self) -> int:
        """Return how many messages count."""
        return sum(telling.counts for telling in self.told)

    @property
    def rank(self) -> int:
        """Return the gravest that was told; -1 for nothing."""
        return max((telling.rank for telling in self.told), default=-1)

    def allows(self, rank: int) -> bool:
        """Return whether bad news may be told."""
        return self.messages < MOST or rank > self.rank

    @property
    def comes_and_goes(self) -> bool:
        """Return whether the next message is to say that there will be no more."""
        return len(self.opened) >= OFTEN or self.messages == MOST - 1

    @property
    def allows_good_news(self) -> bool:
        """Return whether it may be told that it is over: only where one more message may follow at once."""
        return self.messages < MOST - 1

    @property
    def good_news_at(self) -> float:
        """Return from when on good news are allowed."""
        counted = [telling.at for telling in self.told if telling.counts]
        return 0.0 if self.allows_good_news else counted[1 - MOST] + HOUR_S


def history_of(plain: list[Any]) -> History:
    """Return a history as JSON gave it back."""
    opened, told = plain
    return History(tuple(opened), tuple(Telling(*telling) for telling in told))
