#!/bin/sh
# mlforecast 1.1.0: what does a plan of the days ahead do to the other stores, where the rows of one store end early?
#
# Guess: rows of `X_df` belong to the store and day that stand in them. Where the last three days of one store are missing, predict
#   refuses the plan, or, as its warning says ("Features will be reused for missing horizon steps"), repeats that store's last
#   row on those days. Stores whose plan is whole get the same forecasts as before.
# Seen: rows are sorted by store and day, and then taken by their position, every (rows // stores)th one. The store that lacks days gets
#   the first rows of the next store; every store after it, whose plan is whole, gets its own days shifted by up to two, its promotions
#   on the wrong days. The warning speaks of reuse; nothing is refused.
#
# Needs Python 3.11 or newer and an index of packages; installs into a temporary folder, which it removes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check mlforecast==1.1.0 polars==2.1.0 scikit-learn==1.9.1 >/dev/null 2>&1
cat > "$folder/plan.py" <<'PY'
import datetime as dt
import warnings
from importlib.metadata import version

import polars as pl
from mlforecast import MLForecast
from sklearn.linear_model import LinearRegression

HORIZON, DAYS = 9, 60
first = dt.date(2024, 1, 1)
stores = ["a", "b", "c"]
days = pl.DataFrame(
    [
        {"unique_id": store, "ds": first + dt.timedelta(days=day), "promo": float((day + 2 * place) % 5 == 0)}
        for place, store in enumerate(stores)
        for day in range(DAYS + HORIZON)
    ]
).with_columns(y=10 + 5 * pl.col("promo"))  # sales follow from the promotion alone, without noise
cutoff = first + dt.timedelta(days=DAYS - 1)
past, whole = days.filter(pl.col("ds") <= cutoff), days.filter(pl.col("ds") > cutoff)
forecaster = MLForecast({"forecast": LinearRegression()}, freq="1d", lags=[1])
forecaster.fit(past, static_features=[])


def largest_errors(plan):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        forecasts = forecaster.predict(HORIZON, X_df=plan.drop("y")).join(whole, on=["unique_id", "ds"])
    error = (pl.col("forecast") - pl.col("y")).abs().max().round(6)
    by_store = dict(forecasts.group_by("unique_id").agg(error.alias("error")).sort("unique_id").iter_rows())
    return by_store, [str(warning.message) for warning in caught if "X_df" in str(warning.message)]


short = whole.filter((pl.col("unique_id") != "a") | (pl.col("ds") <= cutoff + dt.timedelta(days=HORIZON - 3)))
print("mlforecast", version("mlforecast"))
for name, plan in (("whole", whole), ("a ends three days early", short)):
    errors, messages = largest_errors(plan)
    print(f"plan: {name}; largest error of each store {errors}; warnings {messages}")
errors, _ = largest_errors(whole)
assert max(errors.values()) == 0, "the plan as it should be is no longer forecast without error"
errors, messages = largest_errors(short)
assert errors["b"] == errors["c"] == 5, "stores with a whole plan no longer get promotions on other days"
assert "reused" in messages[0], "the warning has changed"
PY
"$folder/venv/bin/python" "$folder/plan.py"
