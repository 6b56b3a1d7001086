"""Scores of forecasts as cells of a table."""

from typing import Any

from storecast.page.language import Words


def score_cells(row: dict[str, Any], words: Words) -> list[str]:
    """Return error, bias and the coverage of both intervals; empty where there was nothing to score.

    Parameters
    ----------
    row : with wape, bias, coverage80 and coverage95
    words : the language
    """
    wape, coverage = row["wape"], [row["coverage80"], row["coverage95"]]
    return [
        "" if wape is None else words.percent(wape),
        signed_percent(row["bias"], words),
        *("" if share is None else words.percent(share, 0) for share in coverage),
    ]


def signed_percent(share: float | None, words: Words) -> str:
    """Return a share with its sign; empty where it is unknown."""
    return "" if share is None else words.signed_percent(share)
