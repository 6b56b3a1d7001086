"""statsforecast's AutoETS, additive without trend: python autoets_peer.py FOLDER FORECASTS.parquet."""

import sys
from pathlib import Path

from chain_days import LEVELS, read_days, write_forecasts
from statsforecast import StatsForecast
from statsforecast.models import AutoETS, SeasonalNaive

folder, out = map(Path, sys.argv[1:])
past, ahead, _ = read_days(folder)
model = AutoETS(season_length=7, model="ANA")  # the search over all kinds takes five times as long
peer = StatsForecast([model], freq="1d", fallback_model=SeasonalNaive(season_length=7), n_jobs=-1)
forecasts = peer.forecast(h=ahead["ds"].n_unique(), df=past.select("unique_id", "ds", "y"), level=list(LEVELS))
write_forecasts(forecasts, "AutoETS", out)
