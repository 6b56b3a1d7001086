"""The windows of a backtest: where they are cut, and whether the past is long enough for them."""

import datetime as dt
from collections.abc import Sequence

from storecast.data.panel import Panel, Window
from storecast.errors import ConfigError, HistoryError

LEAST_PAST = 28  # days before the first window
WINDOWS, FAST_WINDOWS = 2, 1  # that a run scores
MIN_HORIZON = 7  # days, for which a history too short for any is asked for


def block_cutoffs(panel: Panel, windows: int, horizon: int, step: int) -> list[dt.date]:
    """Return the cutoffs of the last blocks before the end of the data, oldest first.

    Parameters
    ----------
    panel : the chain
    windows : how many
    horizon : days of each
    step : days from one cutoff to the next

    Raises
    ------
    ConfigError
        where windows or step are below 1
    HistoryError
        where the past is too short
    """
    if windows < 1 or step < 1:
        raise ConfigError(f"Found {windows} windows {step} days apart; expected at least 1 of each.")
    days = (panel.end - panel.first).days + 1
    needed = days_needed(windows, horizon, step)
    if days < needed:
        several = f"{windows} windows of {horizon} days, {step} apart, and one before them"
        what = several if windows > 1 else f"A window of {horizon} days and one before it"
        raise HistoryError(
            f"{what} for the intervals need {needed} days of history; the sales run from {panel.first} to {panel.end}, "
            f"{days} days. {_remedy(days, windows)}"
        )
    return [panel.end - dt.timedelta(days=horizon + k * step) for k in reversed(range(windows))]


def days_needed(windows: int, horizon: int, step: int) -> int:
    """Return how many days of history windows take, with the one before them.

    Parameters
    ----------
    windows, horizon, step : as for `block_cutoffs`
    """
    return horizon + (windows - 1) * step + horizon + LEAST_PAST


def _remedy(days: int, windows: int) -> str:
    """Say what fits into the history, where a window is as far from the next as it is long."""
    longest = (days - LEAST_PAST) // (windows + 1)
    if longest < 1:
        return f"Give more history: {LEAST_PAST + 2 * MIN_HORIZON} days for a week ahead."
    return f"Give --horizon {longest} or less{', or ask for fewer --windows' if windows > 1 else ''}."


def windows_after(panel: Panel, cutoffs: Sequence[dt.date], horizon: int) -> tuple[list[Window], list[Window]]:
    """Return the windows of a backtest: those that are scored, and all, with those before them whose errors give the intervals.

    Parameters
    ----------
    panel : the chain
    cutoffs : of the scored windows
    horizon : days of each

    Raises
    ------
    HistoryError
        where a window has too little past, or no store has a row in it
    """
    scored = [panel.window(cutoff, horizon) for cutoff in sorted(set(cutoffs))]
    every = sorted([*_warm_ups(panel, scored), *scored], key=lambda window: window.cutoff)
    for window in every:
        if window.future.is_empty():
            raise HistoryError(
                f"No store has a row from {window.cutoff + dt.timedelta(days=1)} to {window.last}, a window of the backtest. "
                "Fill the gap, or choose other windows: --windows, --horizon."
            )
    return scored, every


def _warm_ups(panel: Panel, scored: list[Window]) -> list[Window]:
    """Return a window right before each scored one that no other has ended before."""
    extra: list[Window] = []
    for window in scored:
        if not any(other.last <= window.cutoff for other in [*scored, *extra]):
            cutoff = window.cutoff - dt.timedelta(days=window.horizon)
            if cutoff < panel.first + dt.timedelta(days=LEAST_PAST - 1):
                raise HistoryError(
                    f"The window from {window.cutoff} has too little past: its intervals need a window of "
                    f"{window.horizon} days before it, and that one {LEAST_PAST} days of history; the sales begin on "
                    f"{panel.first}. Ask for fewer windows, a shorter horizon, or later cutoffs."
                )
            extra.append(panel.window(cutoff, window.horizon))
    return extra
