"""Examples in the help of each command."""

from collections.abc import Mapping, Sequence

WHOLE = (
    "storecast demo-data --out demo",
    "storecast run --data demo --out home",
    "storecast serve --home home",
)
EXAMPLES: Mapping[str, Sequence[str]] = {
    "init": ("storecast init --data my-files",),
    "run": (
        "storecast run --data my-files --out home",
        "storecast run --data my-files --out home --fast",
        "storecast run --out home --models naive,linear",
    ),
    "check": ("storecast check --data my-files", "storecast check --data my-files --out checked"),
    "partition": ("storecast partition --data my-files --out parts --memory 3GiB",),
    "run-parts": ("storecast run-parts --parts parts --out home",),
    "explore": (
        "storecast explore --data my-files --out exploration",
        "storecast explore --data my-files --out exploration --questions promotions,holidays",
    ),
    "backtest": ("storecast backtest --data my-files --out scores --models linear,boosting --windows 3",),
    "train": ("storecast train --data my-files --out home --models blend",),
    "forecast": (
        "storecast forecast --home home --out forecast.csv",
        "storecast forecast --home home --out forecast.csv --totals totals.csv --quantiles 0.1,0.5,0.9",
    ),
    "explain": (
        "storecast explain --home home",
        "storecast explain --home home --store 3 --date 2015-06-20",
    ),
    "scenario": ("storecast scenario --home home --calendar future.csv --out scenario.csv",),
    "future": ("storecast future --data my-files --out future.csv",),
    "tune": ("storecast tune --data my-files --out tuned --models linear --trials 20",),
    "weekly": ("storecast weekly --home home", "storecast weekly --home home --retrain-after 28"),
    "serve": ("storecast serve --home home", "storecast serve --home home --port 8080 --no-keys"),
    "mcp": ("storecast mcp --url https://storecast.example --key-file assistant.key",),
    "monitor": ("storecast monitor --home home", "storecast monitor --home home --since 2015-06-01 --out monitored"),
    "demo-data": ("storecast demo-data --out demo --stores 12 --days 400",),
    "demo": ("storecast demo --home demo-home",),
}


def epilog(examples: Sequence[str]) -> str:
    """Return examples as the end of a help: a line each."""
    return "\n\n".join(["Examples:", *(f"  {example}" for example in examples)])
