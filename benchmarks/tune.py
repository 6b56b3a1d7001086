"""The search that the shipped settings of `boosting` come from: `storecast tune`, on windows that lie before those of a run.

--minutes ends it (one process, every core it may use); the same --out goes on where it stopped.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from measure import machine


def main() -> None:
    """Run the command and print what it found: the settings, and the ten best trials."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with train.csv and store.csv")
    parser.add_argument("--out", type=Path, default=Path("tuned"), help="folder of the study")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--models", default="boosting")
    asked = parser.parse_args()
    print(f"# {machine()}")
    command = [
        str(Path(sys.executable).parent / "storecast"), "tune", "--data", str(asked.data), "--out", str(asked.out), "--models",
        asked.models, "--minutes", str(asked.minutes), "--windows", "3", "--horizon", "48",
    ]  # fmt: skip
    subprocess.run(command, check=True)
    import polars as pl

    print((asked.out / "settings.toml").read_text(encoding="utf-8"))
    trials = pl.read_csv(asked.out / "trials.csv")
    with pl.Config(tbl_cols=-1, tbl_rows=12, tbl_width_chars=200):
        print(trials.filter(State="COMPLETE").sort("Score").head(10))
        print(trials["State"].value_counts(sort=True))


if __name__ == "__main__":
    main()
