"""statsforecast's SeasonalNaive: python seasonal_naive_peer.py FOLDER FORECASTS.parquet."""

import sys
from pathlib import Path

from chain_days import LEVELS, read_days, write_forecasts
from statsforecast import StatsForecast
from statsforecast.models import SeasonalNaive

folder, out = map(Path, sys.argv[1:])
past, ahead, _ = read_days(folder)
peer = StatsForecast([SeasonalNaive(season_length=7)], freq="1d")
forecasts = peer.forecast(h=ahead["ds"].n_unique(), df=past.select("unique_id", "ds", "y"), level=list(LEVELS))
write_forecasts(forecasts, "SeasonalNaive", out)
