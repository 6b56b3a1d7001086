"""Counting along the calendar: arrays of stores × days in, arrays of the same shape out."""

import numpy as np
import numpy.typing as npt

from storecast.arrays import F32, I64, Bool


def days_since(flags: Bool, cap: int) -> F32:
    """Count the days since the last flag: 0 on the day itself, ``cap`` where it lies further back or nowhere.

    Examples
    --------
    >>> days_since(np.array([[False, True, False, False]]), cap=9)
    array([[9., 0., 1., 2.]], dtype=float32)
    """
    days = np.arange(flags.shape[1])
    last = np.maximum.accumulate(np.where(flags, days, -cap - 1), axis=1)
    return np.minimum(days - last, cap).astype(np.float32)


def days_until(flags: Bool, cap: int) -> F32:
    """Count the days until the next flag: 0 on the day itself, ``cap`` where it lies further ahead or nowhere.

    Examples
    --------
    >>> days_until(np.array([[False, True, False, False]]), cap=9)
    array([[1., 0., 9., 9.]], dtype=float32)
    """
    return days_since(flags[:, ::-1], cap)[:, ::-1]


def position(flags: Bool, cap: int) -> F32:
    """Count the days of each run of flags from 1; 0 outside. The edge of the array ends a run.

    Examples
    --------
    >>> position(np.array([[True, True, False, True]]), cap=9)
    array([[1., 2., 0., 1.]], dtype=float32)
    """
    days = np.arange(flags.shape[1])
    before = np.maximum.accumulate(np.where(flags, -1, days), axis=1)
    return np.minimum(days - before, cap).astype(np.float32)


def remaining(flags: Bool, cap: int) -> F32:
    """Count the days of a run that are left, the day itself among them; 0 outside."""
    return position(flags[:, ::-1], cap)[:, ::-1]


def run_before(flags: Bool, cap: int) -> F32:
    """Return the length of the run of flags that ends the day before."""
    return shift(position(flags, cap), 1, 0.0)


def run_after(flags: Bool, cap: int) -> F32:
    """Return the length of the run of flags that begins the day after."""
    return shift(remaining(flags, cap), -1, 0.0)


def shift(values: npt.NDArray[np.generic], days: int, fill: float) -> F32:
    """Move values ``days`` to the right (later); what enters at the edge is ``fill``.

    Parameters
    ----------
    values : (stores, days)
    days : later where positive, earlier where negative
    fill : enters at the edge

    Examples
    --------
    >>> shift(np.array([[1.0, 2.0, 3.0]]), -1, 0.0)
    array([[2., 3., 0.]], dtype=float32)
    """
    out = np.full(values.shape, fill, np.float32)
    if days >= 0:
        out[:, days:] = values[:, : values.shape[1] - days]
    else:
        out[:, :days] = values[:, -days:]
    return out


def week_sums(flags: npt.NDArray[np.generic], weekday: I64) -> F32:
    """Sum over the Monday-to-Sunday week of each day, as far as the array reaches.

    Parameters
    ----------
    flags : (stores, days)
    weekday : weekday of each column, Monday 0
    """
    week = np.cumsum((weekday == 0) & (np.arange(len(weekday)) > 0))
    starts = np.flatnonzero(np.r_[True, np.diff(week) > 0])
    return np.add.reduceat(flags.astype(np.float32), starts, axis=1)[:, week]
