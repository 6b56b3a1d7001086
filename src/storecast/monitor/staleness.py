"""How old the sales are: a chain whose sales stopped coming is forecast on and on, and looks as healthy as ever."""

import datetime as dt

STALE_DAYS = 14  # after the last day with sales, beyond which they are said to be old


def sales_age(last: dt.date, today: dt.date | None = None) -> int:
    """Return how many days ago the last sales were; 0 where they are of today or later.

    Examples
    --------
    >>> sales_age(dt.date(2015, 7, 1), dt.date(2015, 7, 31))
    30
    """
    return max(0, ((today or dt.datetime.now(dt.UTC).date()) - last).days)


def stale_sentence(last: dt.date, limit: int = STALE_DAYS, today: dt.date | None = None) -> str:
    """Say that the sales are old; an empty text where they are not.

    Parameters
    ----------
    last : the last day with sales
    limit : days that they may be old
    today : the day to count from; None: today in UTC
    """
    age = sales_age(last, today)
    if age <= limit:
        return ""
    return f"The last sales are of {last}, {age} days ago (more than {limit}); forecasts begin there. Send newer sales."
