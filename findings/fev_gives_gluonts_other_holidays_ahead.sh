#!/bin/sh
# fev 0.10.0 and GluonTS 0.17.0: does a holiday have the same number in the past and in the days ahead?
#
# Guess: fev's adapter turns a text that is known ahead into numbers once, for past and future together; or it refuses or drops
#   texts. A usual day ahead has the number of a usual day of the past.
# Seen: past and future are numbered apart, each by the texts that it happens to hold, in alphabetical order. Where the past has
#   four kinds of day and the week ahead two, a usual day is 3 in the past and 1 ahead, which is Easter in the past, and the
#   public holiday ahead has the number of Christmas. Both stand in one series, so that the model gets them without a warning. The
#   adapter for pandas keeps the texts.
#
# Needs Python 3.11 or newer and an index of packages; installs into a temporary folder, which it removes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check \
  fev==0.10.0 gluonts==0.17.0 pandas==2.3.3 datasets==4.8.5 pyarrow==26.0.1 >/dev/null 2>&1
cat > "$folder/holidays.py" <<'PY'
import sys
import warnings
from importlib.metadata import version

import datasets
import fev
import pandas as pd

warnings.filterwarnings("ignore")
datasets.disable_progress_bars()
PAST, AHEAD = 33, 7
days = pd.date_range("2024-01-01", periods=PAST + AHEAD).to_pydatetime().tolist()
kinds = ["usual"] * (PAST + AHEAD)
kinds[5], kinds[12], kinds[20], kinds[37] = "christmas", "easter", "public", "public"
path = f"{sys.argv[1]}/shop.parquet"
datasets.Dataset.from_dict(
    {"id": ["shop"], "timestamp": [days], "target": [[float(day) for day in range(PAST + AHEAD)]], "kind": [kinds]}
).to_parquet(path)
window = fev.Task(dataset_path=path, horizon=AHEAD, known_dynamic_columns=["kind"], seasonality=7).get_window(0)

_, prediction = fev.convert_input_data(window, adapter="gluonts")
numbers = next(iter(prediction))["feat_dynamic_real"][0].tolist()
past = dict(zip(kinds[:PAST], numbers[:PAST], strict=True))
ahead = dict(zip(kinds[PAST:], numbers[PAST:], strict=True))
print("fev", version("fev"), "and GluonTS", version("gluonts"))
print("the number of each kind of day in the past", past)
print("in the days ahead, in the same series     ", ahead)
assert past == {"christmas": 0, "easter": 1, "public": 2, "usual": 3}, "the numbers of the past have changed"
assert ahead == {"public": 0, "usual": 1}, "the numbers of the days ahead have changed"
_, texts, _ = fev.convert_input_data(window, adapter="pandas")
assert texts["kind"].tolist() == kinds[PAST:], "the adapter for pandas has changed"
PY
"$folder/venv/bin/python" "$folder/holidays.py" "$folder" 2>/dev/null
