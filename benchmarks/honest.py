"""Settings chosen on windows up to a date, judged on the windows after it: the score to expect when a choice is made honestly.

    python benchmarks/honest.py --data DIR --table linear

At each of several dates, every candidate of a table forecasts the windows that had ended by then, and the one with the lowest mean
SQL is chosen. It is judged on the windows after the date, which begin at least `GAP` days later. All candidates are scored there
too, to show what the choice was worth beside the settings as they are and beside the best in hindsight.

Source: the rolling origin of Tashman, Out-of-sample tests of forecasting accuracy, International Journal of Forecasting 16 (2000).
"""

import argparse
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from measure import cpu_of, machine

if TYPE_CHECKING:
    from storecast.data.panel import Panel, Window

GAP = 7  # days between the last day that a choice looks at and the first that judges it, at least
SCORES = ("sql", "rmspe", "wape", "coverage80")
CHOSEN_BY = SCORES[0]


@dataclass(frozen=True)
class Part:
    """A model in a candidate: alone, or with others, whose log medians are averaged.

    Attributes
    ----------
    model : its registered name
    settings : fields that depart from its usual settings
    weight : in the mean of the candidate's parts
    """

    model: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    weight: float = 1.0

    @property
    def key(self) -> str:
        """What tells its forecasts from those of other parts."""
        return json.dumps([self.model, self.settings], sort_keys=True)


Candidates = Mapping[str, Sequence[Part]]

AS_IT_IS = "as it is"  # the first candidate of each table: what others must beat
TABLES: dict[str, Candidates] = {
    "naive": {
        AS_IT_IS: [Part("naive")],
        "91 days": [Part("naive", {"days": 91})],
    },
    "linear": {
        AS_IT_IS: [Part("linear")],
        "half the error carried": [Part("linear", {"recent_share": 0.5})],
        "four fifths of the error carried": [Part("linear", {"recent_share": 0.8})],
        "the error of 56 days": [Part("linear", {"recent_days": 56})],
        "half the penalty": [Part("linear", {"penalty": 0.7})],
        "twice the penalty": [Part("linear", {"penalty": 2.8})],
        "days count half after a year": [Part("linear", {"half_life": 365.0})],
        "no outlier weights": [Part("linear", {"robust_rounds": 0})],
        "twice the shared penalty": [Part("linear", {"shared_days": 0.12})],
    },
    "boosting": {
        AS_IT_IS: [Part("boosting")],
        "depth 6": [Part("boosting", {"depth": 6})],
        "absolute loss": [Part("boosting", {"loss": "log-absolute"})],
        "half as many rounds again": [Part("boosting", {"rounds": 225})],
    },
    "blend": {
        AS_IT_IS: [Part("linear"), Part("boosting"), Part("boosting-plain")],
        "without boosting-plain": [Part("linear"), Part("boosting")],
        "linear counts half": [Part("linear", weight=0.5), Part("boosting"), Part("boosting-plain")],
        "linear counts twice": [Part("linear", weight=2.0), Part("boosting"), Part("boosting-plain")],
        "trees alone": [Part("boosting"), Part("boosting-plain")],
    },
}


@dataclass(frozen=True)
class Split:
    """A date, with the windows that a choice looks at and those that judge it.

    Attributes
    ----------
    date : the last day that a choice may look at
    choice, judged : cutoffs, in time order
    """

    date: dt.date
    choice: tuple[dt.date, ...]
    judged: tuple[dt.date, ...]


def main() -> None:
    """Print the scores of the candidates at each date, what was chosen, and how it did afterwards."""
    from storecast.workflows.preparation import prepare

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with train.csv and store.csv")
    parser.add_argument("--table", choices=TABLES, default="linear", help="of candidates")
    parser.add_argument("--horizon", type=int, default=48, help="days of a window")
    parser.add_argument("--dates", type=int, default=3, help="at which a choice is made")
    parser.add_argument("--choice", type=int, default=3, help="windows that a choice looks at")
    parser.add_argument("--judged", type=int, default=2, help="windows that judge it")
    parser.add_argument("--fast", action="store_true", help="the fast versions of the models")
    options = parser.parse_args()
    print(f"# {(__doc__ or '').splitlines()[0]}\n# {machine()}")
    panel = prepare(options.data, horizon=options.horizon, allow_longer_test=True).panel
    splits = splits_of(panel.end, options.horizon, dates=options.dates, choice=options.choice, judged=options.judged)
    candidates = TABLES[options.table]
    seconds, scores = cpu_of(lambda: scores_of(panel, candidates, splits, options.horizon, fast=options.fast))
    for line in [*candidate_lines(scores), "", *choice_lines(scores)]:
        print(line)
    print(f"# {seconds:.0f} CPU seconds")


def splits_of(end: dt.date, horizon: int, *, dates: int, choice: int, judged: int) -> list[Split]:
    """Return the splits, in time order; the windows that judge end with the data, and none judges twice.

    Parameters
    ----------
    end : the last day with sales
    horizon : days of a window
    dates : how many splits
    choice, judged : windows of each
    """
    splits = []
    for back in reversed(range(dates)):
        date = end - dt.timedelta(days=GAP + (back + 1) * judged * horizon)
        splits.append(
            Split(
                date,
                tuple(date - dt.timedelta(days=k * horizon) for k in range(choice, 0, -1)),
                tuple(date + dt.timedelta(days=GAP + k * horizon) for k in range(judged)),
            )
        )
    return splits


def scores_of(
    panel: "Panel", candidates: Candidates, splits: Sequence[Split], horizon: int, *, fast: bool = False
) -> pl.DataFrame:
    """Return the mean scores of every candidate on the windows of every split, chosen on and judged on.

    Intervals are those of the product: from the errors of the windows that had ended by a cutoff, of one more before the first.

    Returns
    -------
    Date, Windows ("chosen on" or "judged on"), Candidate and `SCORES`, in the order of splits and candidates
    """
    from storecast.uncertainty.cold_start import cold_start_factor

    forecasts = _Forecasts(panel, horizon, fast)
    first = splits[0].choice[0] - dt.timedelta(days=horizon)
    cold = cold_start_factor(panel.window(first, horizon))
    lines = []
    for split in splits:
        warm_up = split.choice[0] - dt.timedelta(days=horizon)
        cutoffs = (warm_up, *split.choice, *split.judged)
        for name, parts in candidates.items():
            rows = [forecasts.of(parts, cutoff) for cutoff in cutoffs]
            scores = [forecasts.scores(cutoff, rows, cold) for cutoff in cutoffs[1:]]
            for windows, part in (
                ("chosen on", scores[: len(split.choice)]),
                ("judged on", scores[len(split.choice) :]),
            ):
                means = np.mean(part, axis=0)
                lines.append(
                    {"Date": split.date, "Windows": windows, "Candidate": name, **dict(zip(SCORES, means, strict=True))}
                )
    return pl.DataFrame(lines)


class _Forecasts:
    """Medians of parts and candidates, each fitted once."""

    def __init__(self, panel: "Panel", horizon: int, fast: bool) -> None:  # noqa: FBT001
        self._panel, self._horizon, self._fast = panel, horizon, fast
        self._windows: dict[dt.date, Window] = {}
        self._medians: dict[tuple[str, dt.date], pl.DataFrame] = {}

    def of(self, parts: Sequence[Part], cutoff: dt.date) -> pl.DataFrame:
        """Return a candidate's medians of a window beside its actual sales."""
        of_parts = [self._of_part(part, cutoff) for part in parts]
        logs = [np.log(rows["Median"].to_numpy()) for rows in of_parts]
        weights = [part.weight for part in parts]
        median = np.exp(np.average(logs, axis=0, weights=weights))
        return of_parts[0].with_columns(pl.Series("Median", median))

    def scores(self, cutoff: dt.date, rows: Sequence[pl.DataFrame], cold: float) -> list[float]:
        """Return `SCORES` of a window.

        Parameters
        ----------
        cutoff : of the window
        rows : a candidate's medians of every window
        cold : how much larger errors are without history
        """
        from storecast import schema as s
        from storecast.config import Task
        from storecast.evaluate.window_scores import DECILES, rows_to_score, window_scores
        from storecast.uncertainty.calibration import calibrate

        window = self._window(cutoff)
        ended = [table for table in rows if table[s.CUTOFF][0] + dt.timedelta(days=self._horizon) <= cutoff]
        (own,) = (table for table in rows if table[s.CUTOFF][0] == cutoff)
        calibration = calibrate(ended, cold=cold, whole_numbers=self._panel.target.whole_numbers)
        forecast = calibration.apply(own, Task(self._horizon, DECILES))
        whole = window_scores(rows_to_score(self._panel, window, forecast), "", window).row(0, named=True)
        return [float("nan") if whole[name] is None else float(whole[name]) for name in SCORES]

    def _window(self, cutoff: dt.date) -> "Window":
        if cutoff not in self._windows:
            self._windows[cutoff] = self._panel.window(cutoff, self._horizon)
        return self._windows[cutoff]

    def _of_part(self, part: Part, cutoff: dt.date) -> pl.DataFrame:
        from storecast import schema as s
        from storecast.models import create
        from storecast.uncertainty.point import point_forecasts

        key = part.key, cutoff
        if key not in self._medians:
            window = self._window(cutoff)
            model = create(part.model, fast=self._fast, settings={part.model: part.settings})
            model.fit(window.past, self._horizon)
            rows = point_forecasts(model, window).join(window.actual(), on=s.KEYS, how="left", maintain_order="left")
            self._medians[key] = rows.with_columns(pl.lit(cutoff).alias(s.CUTOFF))
        return self._medians[key]


def chosen(scores: pl.DataFrame, date: dt.date) -> str:
    """Return the candidate that is best on the windows up to a date; of equals, the first of the table.

    Parameters
    ----------
    scores : as `scores_of` returns them
    date : of a split
    """
    seen = scores.filter(pl.col("Date") == date, pl.col("Windows") == "chosen on")
    return str(seen["Candidate"][seen[CHOSEN_BY].arg_min()])


def candidate_lines(scores: pl.DataFrame) -> list[str]:
    """Return a line for each date and candidate, with its scores on the windows before and after the date."""
    lines = ["date,candidate," + ",".join(f"{name} {windows}" for windows in ("before", "after") for name in SCORES)]
    for (date, name), rows in scores.group_by("Date", "Candidate", maintain_order=True):
        before, after = rows.select(SCORES).rows()
        lines.append(",".join([str(date), str(name), *(f"{value:.4f}" for value in (*before, *after))]))
    return lines


def choice_lines(scores: pl.DataFrame) -> list[str]:
    """Return a line for each date and one for their mean: what was chosen, its scores, and the gap between them.

    The gap is judged on less chosen on. Windows differ in difficulty, so that the line gives beside it the gap of the first
    candidate, which nothing chose: what the chosen one has beyond that is the price of choosing. The last column has the SQL of
    the best candidate in hindsight.
    """
    names = ["chosen on", "judged on", "gap", f"gap of {AS_IT_IS}", "price of choosing"]
    header = [f"{name} {column}" for column in names for name in SCORES]
    lines = [",".join(["date", "chosen", *header, f"{CHOSEN_BY} of the best in hindsight"])]
    every = []
    for date in scores["Date"].unique(maintain_order=True):
        name = chosen(scores, date)
        usual = str(scores["Candidate"][0])
        (before, after), (usual_before, usual_after) = (
            scores.filter(pl.col("Date") == date, pl.col("Candidate") == one).select(SCORES).to_numpy()
            for one in (name, usual)
        )
        gap, usual_gap = after - before, usual_after - usual_before
        best = scores.filter(pl.col("Date") == date, pl.col("Windows") == "judged on")[CHOSEN_BY].min()
        every.append([*before, *after, *gap, *usual_gap, *(gap - usual_gap), best])
        lines.append(",".join([str(date), name, *(f"{value:.4f}" for value in every[-1])]))
    lines.append(",".join(["mean", "", *(f"{value:.4f}" for value in np.mean(every, axis=0))]))
    return lines


if __name__ == "__main__":
    main()
