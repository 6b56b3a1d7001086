"""MLflow's model server with the booster of one of our models, asked for a row of its features at a time.

MLflow is no dependency of ours: it is used where an environment holds it, with the xgboost that reads the booster.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from storecast.bundle.bundle import Bundle
from storecast.bundle.predictor import Predictor
from storecast.data.panel import Panel
from storecast.features.columns import encoded

ROWS = 500
SAVE = """
import sys, mlflow.xgboost, xgboost
booster = xgboost.Booster()
booster.load_model(sys.argv[1])
booster.set_param({"nthread": 1})
mlflow.xgboost.save_model(booster, sys.argv[2], model_format="ubj")
"""
# What `mlflow models serve --env-manager local` starts, in place of this process.
SERVE = """
import os, shlex, sys
from mlflow.pyfunc.scoring_server import get_cmd
command, environment = get_cmd(sys.argv[1], int(sys.argv[2]), "127.0.0.1")
os.execve(sys.executable, [sys.executable, "-m", *shlex.split(command)], environment | {"OMP_NUM_THREADS": "1"})
"""


def has_mlflow(python: str) -> bool:
    """Say whether an environment holds MLflow and XGBoost."""
    return not subprocess.run([python, "-c", "import mlflow.xgboost, xgboost"], check=False).returncode


def ask_mlflow(
    python: str, folder: Path, bundle: Bundle, panel: Panel
) -> tuple[Path, list[str], Callable[[str], None]]:
    """Save a model's booster as MLflow does, and rows of its features.

    Returns
    -------
    bodies : file with a row for each request
    command : that serves it, but for the port
    check : takes the reply to the first of them, and stops where it is not our own answer
    """
    model = bundle.model
    if not hasattr(model, "alone_"):
        sys.exit(f"MLflow serves one booster; the home's model is {model.name}. Promote one called boosting.")
    (folder / "booster.ubj").write_bytes(model.state()["trees.ubj"])
    subprocess.run([python, "-c", SAVE, str(folder / "booster.ubj"), str(folder / "mlflow")], check=True)
    ready = Predictor.of(bundle, panel.until(panel.end))
    some = ready.future[np.random.default_rng(0).permutation(ready.future.height)[:ROWS]].sort("Store", "Date")
    features = model.features(ready.window, some)
    columns = list(model.pipeline_["columns"].get_feature_names_out())
    table = encoded(model.pipeline_["columns"], features)
    bodies = folder / "mlflow.jsonl"
    # NaN, which MLflow reads, stands for what is not known; null would make a column of objects that no booster takes.
    lines = [json.dumps({"dataframe_split": {"columns": columns, "data": [row.tolist()]}}) for row in table]
    bodies.write_text("\n".join(lines), encoding="utf-8")
    expected = float(model.alone_.inplace_predict(table[:1])[0])

    def check(reply: str) -> None:
        match = re.search(r'"predictions": \[([-\d.e]+)\]', reply)
        if not match or abs(float(match[1]) - expected) > 1e-5:
            sys.exit(f"MLflow does not answer as the booster does, which says {expected}: {reply}")

    return bodies, [python, "-c", SERVE, str(folder / "mlflow")], check
