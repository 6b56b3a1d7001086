"""What goes into the image: a lock without training parts, the versions that the tests ran with, and little else."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TRAINING = {"linearmodels", "onnx", "optuna", "pandas", "statsmodels", "torch"}
PIN = re.compile(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==(\S+)", re.MULTILINE)


def lock(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_lock_of_the_service_holds_no_training_parts() -> None:
    names = {name for name, _ in PIN.findall(lock("requirements-serve.txt"))}
    assert {"msgspec", "psycopg-binary", "sqlalchemy", "uvicorn", "xgboost-cpu"} <= names
    assert not TRAINING & names


def test_it_pins_what_the_tests_ran_with() -> None:
    assert set(PIN.findall(lock("requirements-serve.txt"))) <= set(PIN.findall(lock("requirements-dev.txt")))


def test_every_pin_has_hashes_and_no_index_is_named() -> None:
    text = lock("requirements-serve.txt")
    for line in re.split(r"\n(?=\S)", text.strip()):
        assert "--hash=sha256:" in line, line
    assert not re.search(r"https?:|--(?:extra-)?index|--find-links", text)


def test_the_image_takes_from_the_folder_only_what_is_named() -> None:
    ignored = lock(".dockerignore").splitlines()
    copied = re.findall(r"^COPY (?!--from)(?:--\S+ )?(.+) \S+$", lock("deploy/Dockerfile"), re.MULTILINE)
    wanted = {source.rstrip("/") for sources in copied for source in sources.split()}
    assert "*" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == wanted
