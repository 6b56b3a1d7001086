"""Accuracy of every model on five windows of 48 days, and of the fast version on three.

The settings were chosen on other windows (benchmarks/tuning windows are shifted by 24 days). The first three windows are
scored in one backtest, the two around Christmas in another, as a user would who asks for them.
"""

import datetime as dt
import tempfile
from pathlib import Path

from measure import arguments, cpu_of, peak_gib

MAIN = ("2014-07-31", "2015-03-09", "2015-04-26")
HARD = ("2014-10-16", "2014-12-03")
NAMES = ("rmspe", "rmspe_without_worst5", "wape", "mase", "sql", "bias", "coverage80", "coverage95", "width80")


def main() -> None:
    """Print a line for each model and window."""
    from storecast import workflows

    data = arguments(__doc__).data
    print("backtest,model,cutoff," + ",".join(NAMES))
    for name, models, cutoffs, fast in (
        ("three windows", ("naive", "linear", "forest", "boosting"), MAIN, False),
        ("three windows, fast", ("boosting",), MAIN, True),
        ("two hard windows", ("naive", "linear", "forest", "boosting"), HARD, False),
    ):
        with tempfile.TemporaryDirectory() as out:
            days = [dt.date.fromisoformat(day) for day in cutoffs]
            seconds, scores = cpu_of(
                lambda models=models, days=days, fast=fast, out=out: workflows.backtest(
                    data, models=models, out=Path(out), horizon=48, cutoffs=days, fast=fast
                )
            )
        for line in scores["scores"]:
            if line["slice"] == "all":
                print(
                    name, line["model"], line["cutoff"], *(f"{line[score]:.4f}" for score in NAMES), sep=",", flush=True
                )
        print(f"# {name}: {seconds:.0f} CPU seconds in all, peak {peak_gib():.1f} GiB")


if __name__ == "__main__":
    main()
