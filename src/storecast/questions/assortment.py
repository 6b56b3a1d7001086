"""Store types and assortments: level, growth and weekday profile."""

import numpy as np
import numpy.typing as npt
import polars as pl
import statsmodels.api as sm

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.questions.adjusted import Adjusted, adjusted
from storecast.questions.estimate import mean_interval
from storecast.questions.growth import growth, of_group
from storecast.questions.levels import CUSTOMERS, SALES, SPEND, WEEKDAYS, Floats
from storecast.questions.tidy import COUNT, MONEY, Interval, Line, NotAnswerableError, change, tidy

Texts = npt.NDArray[np.str_]
Flags = npt.NDArray[np.bool_]

LEVEL, ALIKE, GROWTH, PROFILE = "usual day by", "beside alike stores by", "growth a year by", "weekday profile by"
STORES, SUNDAYS = "stores by", "stores that trade on Sundays by"
COLUMNS = (s.STORE_TYPE, s.ASSORTMENT)
FEWEST_STORES = 3
FEWEST_TO_COMPARE = 20
SUNDAYS_OPEN = 0.5  # share of Sundays with sales from which a store counts as trading on them


def assortment(panel: Panel) -> pl.DataFrame:
    """Compare store types and assortments.

    Returns
    -------
    usual day by StoreType, Assortment : mean sales, customers and spend of an open day, mean of the stores
    beside alike stores by ... : against the most common kind, other attribute and state alike (least squares on logs, HC3)
    growth a year by ... : like for like
    weekday profile by ... : Position is the weekday; days without promotion against the store's mean of Monday to Saturday
    stores by ..., stores that trade on Sundays by ... : counts
    """
    found = adjusted(panel)
    kinds = {column: found.seen.kinds(column) for column in COLUMNS}
    told = {column: _told(values) for column, values in kinds.items()}
    if not any(told.values()):
        raise NotAnswerableError("there is only one store type and one assortment, or fewer than three stores of each")
    usual = _usual(found)
    lines: list[Line] = []
    for column, names in told.items():
        for name in names:
            lines += _of_kind(found, usual, column, name, kinds[column] == name)
        lines += _alike(found, usual[SALES], column, names, kinds)
    return tidy(lines)


def _told(kinds: Texts) -> list[str]:
    """Return the kinds that can be told apart: two or more, with stores enough."""
    names = [str(name) for name in np.unique(kinds) if name != "?" and (kinds == name).sum() >= FEWEST_STORES]
    return names if len(names) > 1 else []


def _usual(found: Adjusted) -> dict[str, Floats]:
    """Return each store's mean sales, customers and spend of an open day."""
    grid = found.seen.grid
    sold = ~np.isnan(found.seen.logs[SALES])
    out = {SALES: np.where(sold, grid.sales, 0.0).sum(axis=1) / sold.sum(axis=1)}
    if CUSTOMERS in found.logs:
        both = ~np.isnan(found.seen.logs[CUSTOMERS])
        count = np.maximum(both.sum(axis=1), 1)
        out[CUSTOMERS] = np.where(both, grid.customers, 0.0).sum(axis=1) / count
        out[SPEND] = np.where(both, grid.sales, 0.0).sum(axis=1) / count / np.maximum(out[CUSTOMERS], 1e-9)
    return out


def _of_kind(found: Adjusted, usual: dict[str, Floats], column: str, name: str, rows: Flags) -> list[Line]:
    count = int(rows.sum())
    lines = [Line(f"{STORES} {column}", name, "stores", COUNT, float(count), n=count)]
    for measure, values in usual.items():
        got = mean_interval(values[rows])
        lines.append(
            Line(
                f"{LEVEL} {column}",
                name,
                measure,
                COUNT if measure == CUSTOMERS else MONEY,
                got.value,
                got.low,
                got.high,
                n=count,
            )
        )
    sundays = found.seen.weekday == 6
    sold = ~np.isnan(found.seen.logs[SALES])
    trading = int((sold[rows][:, sundays].mean(axis=1) > SUNDAYS_OPEN).sum()) if sundays.any() else 0
    lines.append(Line(f"{SUNDAYS} {column}", name, "stores", COUNT, float(trading), n=count))
    for measure in found.fits:
        trend = growth(found, measure)
        mean = of_group(trend, trend.stores[rows])
        if mean is not None:
            lines.append(change(f"{GROWTH} {column}", name, measure, mean, n=count))
    return lines + _profile(found, column, name, rows)


def _profile(found: Adjusted, column: str, name: str, rows: Flags) -> list[Line]:
    logs = np.where(found.seen.grid.promo == 0, found.seen.logs[SALES], np.nan)[rows]
    days = np.eye(7)[found.seen.weekday]
    there = ~np.isnan(logs)
    number = there @ days
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(number >= 4, (np.where(there, logs, 0.0) @ days) / number, np.nan)
    means = means - means[:, :6].mean(axis=1, keepdims=True)
    lines = []
    for k in range(7):
        values = means[:, k][~np.isnan(means[:, k])]
        if len(values) >= FEWEST_STORES:
            lines.append(
                change(
                    f"{PROFILE} {column}",
                    name,
                    f"sales, {WEEKDAYS[k]}",
                    mean_interval(values),
                    position=k,
                    n=len(values),
                )
            )
    return lines


def _alike(
    found: Adjusted, usual: Floats, column: str, names: list[str], kinds: dict[str, Texts]
) -> list[Line]:  # fmt: skip
    """Compare the kinds of a column among stores that are alike in the other one and in their state."""
    kept = np.isin(kinds[column], names)
    if kept.sum() < FEWEST_TO_COMPARE or not names:
        return []
    base = max(names, key=lambda name: int((kinds[column] == name).sum()))
    others = [name for name in names if name != base]
    controls = [
        _dummies(values[kept])
        for values in (*(kinds[other] for other in COLUMNS if other != column), found.seen.kinds(s.STATE))
    ]
    x = np.column_stack(
        [np.ones(kept.sum()), *((kinds[column][kept] == name).astype(float) for name in others), *controls]
    )
    if np.linalg.matrix_rank(x) < x.shape[1]:
        x = x[:, : 1 + len(others)]
    leverage = np.einsum("ij,jk,ik->i", x, np.linalg.pinv(x.T @ x), x)
    fit = sm.OLS(np.log(usual[kept]), x).fit(cov_type="HC3" if leverage.max() < 0.99 else "HC1", use_t=True)
    bounds = fit.conf_int()
    lines = [change(f"{ALIKE} {column}", base, SALES, Interval(0.0), n=int((kinds[column] == base).sum()))]
    return lines + [
        change(
            f"{ALIKE} {column}",
            name,
            SALES,
            Interval(float(fit.params[k]), *map(float, bounds[k])),
            n=int((kinds[column] == name).sum()),
        )
        for k, name in enumerate(others, start=1)
    ]


def _dummies(kinds: Texts) -> Floats:
    names, code, count = np.unique(kinds, return_inverse=True, return_counts=True)
    out: Floats = np.eye(len(names))[code][:, (count >= FEWEST_STORES) & (np.arange(len(names)) != np.argmax(count))]
    return out
