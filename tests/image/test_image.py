"""The image that deploy/Dockerfile makes: its size, what it may do, what is in it, and a forecast asked of it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from containers import HOME, Image, build, remove
from storecast.data.generate import ChainSpec, write_demo

pytestmark = pytest.mark.image
LARGEST = 350_000_000  # bytes, compressed
NOT_THERE = ("linearmodels", "onnx", "optuna", "pandas", "pip", "pytest", "setuptools", "statsmodels", "torch")
KEY = "/run/secrets/signing.key"
PUBLIC = {"STORECAST_TRUSTED_KEYS": "/run/secrets/signing.pub"}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    folder = tmp_path_factory.mktemp("image")
    try:
        yield build(folder)
    finally:
        remove(folder)


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder mounted at /run/secrets: the keys that deploy/secrets.sh makes, and a small chain to read."""
    folder = tmp_path_factory.mktemp("secrets")
    subprocess.run([Path(__file__).parents[2] / "deploy" / "secrets.sh", folder], check=True)
    write_demo(folder / "demo", ChainSpec(stores=12, days=400))
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def home(image: Image, secrets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home that the image's own retraining wrote."""
    folder = tmp_path_factory.mktemp("home")
    words = ["--data", "/run/secrets/demo", "--models", "naive,boosting", "--fast"]
    ran = image.run(words, home=folder, secrets=secrets, entrypoint=["storecast-retrain"])
    assert ran.returncode == 0, ran.stderr
    return folder


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def python(image: Image, code: str, home: Path) -> str:
    ran = image.run(["-c", code], home=home, secrets=home, entrypoint=["python3"])
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_the_image_is_small_enough_to_be_pulled_quickly(image: Image) -> None:
    print(f"compressed: {image.layers:,} bytes")
    assert image.layers < LARGEST


def test_it_names_its_user_by_number_and_says_when_it_is_healthy(image: Image) -> None:
    assert image.config["User"] == "10001:10001"
    assert "/health/ready" in str(image.config["Healthcheck"]["Test"])


def test_it_runs_as_that_user_without_privileges(image: Image, empty: Path) -> None:
    code = "import os; print(os.getuid(), os.getgid(), os.getgroups(), os.getpid()); print(open('/proc/self/status').read())"
    first, *status = python(image, code, empty).splitlines()
    assert first == "10001 10001 [] 1"
    assert "NoNewPrivs:\t1" in status
    assert [line for line in status if line.startswith(("CapEff", "CapBnd"))] == [
        "CapEff:\t" + "0" * 16,
        "CapBnd:\t" + "0" * 16,
    ]


def test_it_can_write_to_its_home_and_to_tmp_alone(image: Image, empty: Path) -> None:
    code = """
import os, pathlib
def writable(folder):
    try:
        (pathlib.Path(folder) / "x").write_text("x")
    except OSError:
        return False
    return True
print(sorted(folder for folder, _, _ in os.walk("/") if not folder.startswith(("/proc", "/dev")) and writable(folder)))
"""
    assert python(image, code, empty) == str(["/tmp", HOME])


def test_nothing_that_only_training_or_building_needs_is_in_it(image: Image, empty: Path) -> None:
    code = f"from importlib.util import find_spec; print([name for name in {NOT_THERE} if find_spec(name)])"
    assert python(image, code, empty) == "[]"


def test_nothing_of_the_building_machine_stays_in_it(image: Image) -> None:
    assert not [
        *image.rootfs.glob("etc/pip*"),
        *image.rootfs.glob("src"),
        *image.rootfs.glob("build"),
        *image.rootfs.glob("tmp/*"),
    ]
    assert not [*image.rootfs.glob("opt/storecast/**/*.key"), *image.rootfs.glob("opt/storecast/**/pip.conf")]


def test_its_modules_are_compiled(image: Image) -> None:
    package = next(image.rootfs.glob("opt/storecast/lib/python3*/site-packages/storecast"))
    assert len([*package.glob("__pycache__/*.pyc")]) == len([*package.glob("*.py")])


def test_the_command_tells_its_version(image: Image, empty: Path) -> None:
    ran = image.run(["--version"], home=empty, secrets=empty)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.count(".") == 2


def test_retraining_promotes_a_model_and_leaves_no_private_key(home: Path) -> None:
    name = (home / "models" / "current").read_text(encoding="ascii").strip()
    assert (home / "models" / name).stat().st_uid == 10001
    assert not [*home.rglob("*.key")]


def test_a_model_is_refused_where_the_key_of_who_trained_is_not_named(image: Image, home: Path, secrets: Path) -> None:
    ran = forecast(image, home, secrets, {})
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr


def test_it_forecasts_what_retraining_forecast(image: Image, home: Path, secrets: Path) -> None:
    ran = forecast(image, home, secrets, PUBLIC)
    assert ran.returncode == 0, ran.stderr
    assert pl.read_csv(home / "again.csv").equals(pl.read_csv(home / "forecast.csv"))


def forecast(image: Image, home: Path, secrets: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    model = f"{HOME}/models/{(home / 'models' / 'current').read_text(encoding='ascii').strip()}"
    words = ["forecast", "--data", "/run/secrets/demo", "--model", model, "--out", f"{HOME}/again.csv"]
    return image.run(words, home=home, secrets=secrets, env=env)
