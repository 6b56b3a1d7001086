"""How often a request is sent again, and how long the client waits before it does.

Exponential backoff with full jitter: the wait is drawn between 0 and a limit that doubles, so that clients that failed together
do not come back together. Where the service says when to come back (Retry-After), that is waited, and a little of the jitter.

Source: Brooker, Exponential Backoff and Jitter, AWS Architecture Blog (2015).
"""

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from storecast.client.errors import RequestError

AGAIN = frozenset({429, 502, 503, 504})  # statuses that may be another the next time


@dataclass(frozen=True)
class Retries:
    """When to ask again. Every request may be sent twice: those that write carry a key that makes the second one harmless."""

    times: int = 4  # after the first; 0: never
    first: float = 0.25  # seconds: the longest first wait; it doubles each time
    longest: float = 10.0  # seconds: the longest wait of ours
    patience: float = 60.0  # seconds: a Retry-After beyond it is not waited for, but told as an error

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        if self.times < 0 or min(self.first, self.longest, self.patience) < 0:
            raise RequestError(f"Found {self}; expected no number below 0.")

    def wait(
        self, attempt: int, retry_after: float | None = None, draw: Callable[[], float] = random.random
    ) -> float | None:
        """Return the seconds to wait before the next attempt; None where there is to be none.

        Parameters
        ----------
        attempt : how often it was sent, from 1
        retry_after : seconds that the service asks to wait
        draw : a number from 0 to 1

        Examples
        --------
        >>> Retries(times=2, first=1).wait(2, draw=lambda: 0.5)
        1.0
        >>> Retries(times=2).wait(3) is None
        True
        """
        if attempt > self.times:
            return None
        if retry_after is not None:
            return None if retry_after > self.patience else retry_after + self.first * draw()
        return float(min(self.longest, self.first * 2 ** (attempt - 1)) * draw())


def seconds_of(header: str | None, now: dt.datetime | None = None) -> float | None:
    """Read a Retry-After: seconds or a date; None where it is neither.

    Examples
    --------
    >>> seconds_of("3"), seconds_of("soon"), seconds_of(None)
    (3.0, None, None)
    """
    if header is None:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return max(0.0, (moment - (now or dt.datetime.now(dt.UTC))).total_seconds())
