"""The image that deploy/Dockerfile makes: its size, what it may do, what is in it, and forecasts asked of it.

The same steps as docs/deploy.md: secrets, a home from the image's own retraining, and the service, once as the image starts it
by itself, with SQLite, and once on PostgreSQL, as the manifests do.
"""

import json
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import polars as pl
import pytest
import sqlalchemy as sa

from storecast.data.generate import ChainSpec, write_demo
from support import databases
from support.containers import HOME, Image, build, remove, stop

pytestmark = pytest.mark.image
LARGEST = 350_000_000  # bytes, compressed
NOT_THERE = ("linearmodels", "onnx", "optuna", "pandas", "pip", "pytest", "setuptools", "statsmodels", "torch")
DATA, SECRETS, SOCKET = "/run/demo", "/run/secrets", "/run/postgresql"
PUBLIC = {"STORECAST_TRUSTED_KEYS": f"{SECRETS}/signing.pub"}
POSTGRESQL = {"STORECAST_DB": "postgresql:///?service=storecast", "PGSERVICEFILE": f"{SECRETS}/pg_service.conf"}
MODELS = "--models=naive,boosting"
READY_S = 120
STOP_S = 10

Mounts = Mapping[str, Path]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    folder = tmp_path_factory.mktemp("image")
    try:
        yield build(folder)
    finally:
        remove(folder)


@pytest.fixture(scope="module")
def mounts(tmp_path_factory: pytest.TempPathFactory) -> Mounts:
    """Return what containers read: the secrets that deploy/secrets.sh makes, and the files of a small chain."""
    folder = tmp_path_factory.mktemp("mounts")
    subprocess.run([Path(__file__).parents[2] / "deploy" / "secrets.sh", folder / "secrets"], check=True)
    (folder / "secrets").chmod(0o755)  # an engine mounts the files, whatever the folder's mode
    write_demo(folder / "demo", ChainSpec(stores=12, days=400))
    return {SECRETS: folder / "secrets", DATA: folder / "demo"}


@pytest.fixture(scope="module")
def home(image: Image, mounts: Mounts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home that the image's own retraining wrote from files."""
    folder = tmp_path_factory.mktemp("home")
    words = ["--data", DATA, MODELS, "--fast"]
    ran = image.run(words, home=folder, mounts=mounts, entrypoint=["storecast-retrain"])
    assert ran.returncode == 0, ran.stderr
    return folder


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def test_the_image_is_small_enough_to_be_pulled_quickly(image: Image) -> None:
    print(f"compressed: {image.layers:,} bytes")
    assert image.layers < LARGEST


def test_it_names_its_user_by_number_and_says_when_it_is_healthy(image: Image) -> None:
    assert image.config["User"] == "10001:10001"
    assert "/health/ready" in str(image.config["Healthcheck"]["Test"])


def test_it_runs_as_that_user_without_privileges(image: Image, empty: Path) -> None:
    code = "import os; print(os.getuid(), os.getgid(), os.getgroups(), os.getpid(), open('/proc/self/status').read())"
    printed = python(image, code, empty)
    assert printed.startswith("10001 10001 [] 1 ")
    none = "0" * 16
    for line in ("NoNewPrivs:\t1", f"CapEff:\t{none}", f"CapPrm:\t{none}", f"CapBnd:\t{none}"):
        assert line in printed.splitlines()


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
    patterns = ("etc/pip*", "src", "build", "root/.c*", "tmp/*", "opt/storecast/**/pip.conf", "opt/storecast/**/*.key")
    assert not [path for pattern in patterns for path in image.rootfs.glob(pattern)]


def test_its_modules_are_compiled(image: Image) -> None:
    package = next(image.rootfs.glob("opt/storecast/lib/python3*/site-packages/storecast"))
    assert len([*package.glob("__pycache__/*.pyc")]) == len([*package.glob("*.py")])


def test_the_command_tells_its_version(image: Image, empty: Path) -> None:
    ran = image.run(["--version"], home=empty)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.count(".") == 2


def test_retraining_promotes_a_model_and_leaves_no_private_key(home: Path) -> None:
    name = (home / "models" / "current").read_text(encoding="ascii").strip()
    assert (home / "models" / name).stat().st_uid == 10001
    assert not [*home.rglob("signing*")]


def test_a_model_is_refused_where_the_key_of_who_trained_is_not_named(image: Image, home: Path, mounts: Mounts) -> None:
    ran = forecast(image, home, mounts, {})
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr


def test_it_forecasts_what_retraining_forecast(image: Image, home: Path, mounts: Mounts) -> None:
    ran = forecast(image, home, mounts, PUBLIC)
    assert ran.returncode == 0, ran.stderr
    assert pl.read_csv(home / "again.csv").equals(pl.read_csv(home / "forecast.csv"))


def test_by_itself_it_serves_the_home_and_stops_on_a_signal(image: Image, home: Path, mounts: Mounts) -> None:
    with serving(image, None, home, mounts, PUBLIC) as (url, container):
        key = (home / "admin.key").read_text(encoding="ascii").strip()
        assert forecasts_of(url, key) == written(home)
        assert stop(container, STOP_S) == 0


def test_on_postgresql_it_migrates_loads_retrains_and_serves(image: Image, mounts: Mounts, empty: Path) -> None:
    def run(*words: str, **options: object) -> str:
        ran = image.run(words, home=empty, mounts=database, env={**PUBLIC, **POSTGRESQL}, **options)
        assert ran.returncode == 0, (words, ran.stderr)
        return ran.stdout

    with postgresql(mounts) as database:
        run("db", "upgrade")
        run("db", "load", "--data", DATA)
        run(MODELS, "--fast", entrypoint=["storecast-retrain"])
        key = run("key", "create", "--name", "planner", "--scopes", "forecast").strip()
        with serving(image, ["serve"], empty, database, {**PUBLIC, **POSTGRESQL}) as (url, container):
            assert forecasts_of(url, key) == written(empty)
            assert stop(container, STOP_S) == 0
    assert not (empty / "storecast.db").exists()


def python(image: Image, code: str, home: Path) -> str:
    ran = image.run(["-c", code], home=home, entrypoint=["python3"])
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def forecast(image: Image, home: Path, mounts: Mounts, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    model = f"{HOME}/models/{(home / 'models' / 'current').read_text(encoding='ascii').strip()}"
    words = ["forecast", "--data", DATA, "--model", model, "--out", f"{HOME}/again.csv"]
    return image.run(words, home=home, mounts=mounts, env=env)


@contextmanager
def serving(
    image: Image, words: list[str] | None, home: Path, mounts: Mounts, env: Mapping[str, str]
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Serve on a free port of loopback; ready is what the image's own health check says is."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    here = {"STORECAST_HOST": "127.0.0.1", "STORECAST_LISTEN_PORT": str(port)}
    _, *check = image.config["Healthcheck"]["Test"]
    with image.start(words, home=home, mounts=mounts, env={**env, **here}) as container:
        try:
            until = time.monotonic() + READY_S
            while image.run(check, home=home, entrypoint=[], env=here).returncode != 0:
                assert container.poll() is None, container.communicate()
                assert time.monotonic() < until, "not ready in time"
            yield f"http://127.0.0.1:{port}", container
        finally:
            container.kill()


@contextmanager
def postgresql(mounts: Mounts) -> Iterator[Mounts]:
    """Start a database; its place stands in pg_service.conf, and its socket, where it has one, is mounted."""
    with databases.postgres_server() as server:
        url = sa.make_url(server)
        host = str(url.host or url.query["host"])
        parts = {"host": host, "port": url.port, "dbname": url.database, "user": url.username, "password": url.password}
        own_mounts = dict(mounts)
        if host.startswith("/"):
            parts["host"], own_mounts[SOCKET] = SOCKET, Path(host)
            Path(host).chmod(0o711)  # the user of the container has to get through to the socket
        lines = [f"{name}={value}" for name, value in parts.items() if value]
        file = mounts[SECRETS] / "pg_service.conf"
        file.write_text("\n".join(["[storecast]", *lines, ""]), encoding="utf-8")
        try:
            yield own_mounts
        finally:
            databases.empty(server)


def forecasts_of(url: str, key: str) -> list[dict[str, object]]:
    """Return what the service forecasts for a store."""
    body = json.dumps({"store": 3, "start": "2013-12-20", "days": 40}).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with urlopen(Request(f"{url}/v1/forecasts", body, headers), timeout=60) as reply:
        forecasts: list[dict[str, object]] = json.load(reply)["forecasts"]
    return forecasts


def written(home: Path) -> list[dict[str, object]]:
    """Return the same rows of the home's forecast.csv."""
    rows = pl.read_csv(home / "forecast.csv").filter(Store=3).sort("Date")
    return rows.filter(pl.col("Date") >= "2013-12-20").head(40).to_dicts()
