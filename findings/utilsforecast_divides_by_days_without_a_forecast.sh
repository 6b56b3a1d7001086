#!/bin/sh
# utilsforecast 0.2.17: what is the WAPE of a model that leaves most days without a forecast?
#
# Guess: days without a forecast are left out of both sums of sum(|y - forecast|) / sum(|y|), as they are left out of the mean of `mae`; or
#   the score is missing. A model that is wrong by a tenth on the only day that it forecasts has .1, as one that is wrong by a
#   tenth on every day.
# Seen: the errors of those days are left out and their sales are not: the model that forecasts one day of four has .025, a quarter of the
#   other's, and a model that forecasts nothing for a store has 0 there, the best there is. So with Polars' null as with pandas' NaN;
#   with NaN in a Polars frame the score is NaN.
#
# Needs Python 3.11 or newer and an index of packages; installs into a temporary folder, which it removes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check utilsforecast==0.2.17 polars==2.1.0 pandas==2.3.3 pyarrow==26.0.1 >/dev/null 2>&1
cat > "$folder/wape.py" <<'PY'
import math
from importlib.metadata import version

import polars as pl
from utilsforecast.evaluation import evaluate
from utilsforecast.losses import mae, wape

rows = pl.DataFrame(
    {
        "unique_id": ["a"] * 4,
        "ds": [1, 2, 3, 4],
        "y": [10.0, 10.0, 10.0, 10.0],
        "every day": [11.0, 11.0, 11.0, 11.0],
        "one day": [11.0, None, None, None],
        "no day": pl.Series([None, None, None, None], dtype=pl.Float64),
    }
)
models = ["every day", "one day", "no day"]


def scores(frame, metric):
    table = evaluate(frame, metrics=[metric], models=models)
    return {name: float("nan") if table[name][0] is None else round(float(table[name][0]), 6) for name in models}


print("utilsforecast", version("utilsforecast"))
frames = {"Polars, null": rows, "pandas, NaN": rows.to_pandas(), "Polars, NaN": rows.fill_null(math.nan)}
seen = {name: scores(frame, wape) for name, frame in frames.items()}
for name, of_model in seen.items():
    print(f"{name}: wape {of_model}, mae {scores(frames[name], mae)}")
for name in ("Polars, null", "pandas, NaN"):
    assert seen[name] == {"every day": 0.1, "one day": 0.025, "no day": 0.0}, f"{name}: the score has changed"
assert math.isnan(seen["Polars, NaN"]["one day"]), "NaN in a Polars frame is no longer NaN in the score"
PY
"$folder/venv/bin/python" "$folder/wape.py"
