"""Every command and snippet of the documentation runs, each page on its own copy of a small home.

Pages whose blocks other tests run are named here with these tests, and programs that no test can run with the reason why.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.commands import as_if_never_called, leave_out_exploration
from support.notice_servers import webhook
from support.service_process import ServiceFactory, service_factory
from support.snippets import Reader, Snippet, runnable, snippets

__all__ = ["service_factory"]

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
ELSEWHERE = {
    "docs/cli.md": "test_docs.py",
    "docs/commands.md": "cli/test_help.py",  # which reads the examples of the help; the tour runs each command
    "docs/cluster.md": "executors/test_dask_cluster.py",
    "docs/exploration.md": "exploration/test_add_a_question.py",
    "docs/extend.md": "models/test_extend.py",
    "docs/python.md": "test_docs.py",
    "docs/tutorial.md": "test_site.py",
}
NOT_RUN = {
    ". .venv/bin/activate": "for a shell that a person types into",
    "aws ": "needs an account",
    "az ": "needs an account",
    "deploy/secrets.sh": "writes into the checkout; image/test_image.py runs it",
    "docker ": "needs root; image/test_image.py builds and runs the image",
    "gcloud ": "needs an account",
    "gh ": "needs a release",
    "install ": "needs root and systemd",
    "kubectl ": "needs a cluster; make lint reads its files",
    "make ": "sets up an environment; test_docs.py looks for its targets",
    "pip install": "needs a package index",
    "prometheus ": "is another program; service/test_alert_rules.py reads its rules",
    "storecast demo ": "takes half a minute; cli/test_demo.py runs it",
    "python benchmarks/": "takes hours, or needs real data",
    "python deploy/rehearse.py": "takes minutes; `make test-long` runs it",
}
FENCES = {"json", "mermaid", "python", "sh", "text", "toml"}
# What stands for something of the reader's, and what makes a command small. The generated chain ends on 2014-12-13.
STAND_INS = {
    r"\b(?:DIR|my-files|sales)(?= |$)": "demo",
    r"\b(?:HOME|PARTS)(?= |$)": lambda match: match[0].lower(),
    r"FILE\.pkl": "home/models/$(cat home/models/current)",
    r"model-2015-[\d-]+\.pkl": "$(cat home/models/current)",
    r"postgresql://user@host/name|postgresql:///\S*storecast": "sqlite:///elsewhere.db",
    r"downgrade --(?:home home --to base|to REVISION)": "downgrade --db sqlite:///elsewhere.db --to base",
    r"0\.0\.0\.0": "127.0.0.1",
    r"2015-06-15": "2015-01-12",
    r"2015-06-08": "2014-12-01",  # a past day
    r"(?<=tune --data demo --out tuned --models )boosting": "linear",
    r"(?<=linear,)b(?:lend|oosting)|(?<=--models )boosting": "naive",
    r"rounds = 300": "rounds = 20",
    r"--stores-per-part 2000": "--stores-per-part 3",
    r"--processes 2": "--processes 1",
    r"--minutes 30": "--trials 1 --windows 1 --horizon 28",
    r"(storecast (?:run|run-parts|backtest) [^#\n]*)": r"\1 --windows 1 --fast ",
    r"(storecast (?:run|run-parts|weekly) (?!.*--models)[^#\n]*)": r"\1 --models naive ",
    r"acknowledge missing": "acknowledge late",
    r"\bdemo-home\b": "home",
    r"change:2015-01-05:3": "change:2015-01-05:2",
    r"band:2014-12-29:7": "change:2015-01-12:3",
    r"(storecast future .*days.csv.*)": r"\1\nsed -i 's/^\\(1,.*\\),0,\\(0,0,[01],[01]\\)$/\\1,1,\\2/' days.csv",
    r"storecast demo-data --out demo$": "storecast demo-data --out demo --stores 6 --days 760",
    r"(storecast db (?:backup|prune)(?!.*--(?:home|db)).*)": r"\1 --home home",  # else of STORECAST_DB
    r"jobs/7/reply": "jobs/7/reply --retry 50 --retry-delay 1 --retry-all-errors",
    r"jobs/7": "jobs/1",
    r"versions/3/": "versions/1/",
}
PUBLISH = "storecast plan publish --home home --by Ada"
BEFORE = {  # what the reader of a page has done before
    "docs/client.md": [PUBLISH, "storecast run --out home --models naive --windows 1 --fast"],
    "docs/model-files.md": [
        "cp home/models/$(cat home/models/current) model.pkl",
        "cp $XDG_CONFIG_HOME/storecast/signing.pub anna.pub",
    ],
    "docs/plan.md": [PUBLISH, r"printf 'Store,Month,Amount\n3,2015-01,210000\n' > budget.csv"],
    "docs/scenario.md": [
        r"printf 'Store,Date,Promo\n1,2015-01-12,1\n1,2015-01-13,1\n' > later.csv",
    ],
    "docs/service.md": [
        PUBLISH,
        """printf '{"rows": [{"Store": 3, "Date": "2015-01-12", "Promo": 1}]}' > scenario.json""",
    ],
}
PYTHON_STAND_INS = {
    r"model-2015-[\d-]+\.pkl": "model.pkl",
    r"2015-06-(\d\d)": r"2014-12-\1",  # the days that follow the last of the chain
    r"Price=pl.lit\(8.99\)": "Promo=pl.lit(1)",
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with a generated chain and a home."""
    folder = tmp_path_factory.mktemp("template")
    with pytest.MonkeyPatch.context() as patch:
        as_if_never_called(patch)
        leave_out_exploration(patch)
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "config"))
        patch.chdir(folder)
        reader = Reader(folder, patch, None)
        reader.run(
            [
                "storecast demo-data --out demo --stores 6 --days 760",
                "storecast run --data demo --out home --models linear --windows 1",
            ]
        )
    return folder


@pytest.fixture
def reader(
    template: Path, service_factory: ServiceFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Reader]:
    leave_out_exploration(monkeypatch)
    monkeypatch.setattr("storecast.workflows.home.write_report", lambda *_, **__: None)  # a third of a run's CPU time
    folder = shutil.copytree(template, tmp_path / "reader")
    reader = Reader(folder, monkeypatch, service_factory)
    with webhook() as received:
        url = f"http://127.0.0.1:{received.port}/"
        (folder / "home" / "storecast.toml").write_text(f'[notify.webhook]\nurl = "{url}"\n', encoding="utf-8")
        yield reader
        reader.close()


def pages_to_run() -> Iterator[Path]:
    for path in PAGES:
        if name_of(path) not in ELSEWHERE and any(runnable(snippets(path.read_text(encoding="utf-8")), NOT_RUN)):
            yield path


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.docs
@pytest.mark.parametrize("path", [*pages_to_run()], ids=name_of)
def test_the_snippets_of_a_page_run(path: Path, reader: Reader) -> None:
    page = snippets(path.read_text(encoding="utf-8"))
    (reader.folder / "settings.toml").write_text(
        "".join(with_stand_ins(snippet) for snippet in page if snippet.language == "toml"), encoding="utf-8"
    )
    reader.run(BEFORE.get(name_of(path), []))
    for snippet in runnable(page, NOT_RUN):
        reader.read(Snippet(snippet.language, with_stand_ins(snippet)))


def with_stand_ins(snippet: Snippet) -> str:
    text = snippet.text
    for pattern, stand_in in (PYTHON_STAND_INS if snippet.language == "python" else STAND_INS).items():
        text = re.sub(pattern, stand_in, text, flags=re.MULTILINE)
    return text


def test_every_block_has_a_language() -> None:
    for path in PAGES:
        assert {snippet.language for snippet in snippets(path.read_text(encoding="utf-8"))} <= FENCES, name_of(path)


def test_what_is_run_elsewhere_is_named_in_that_test() -> None:
    for page, test in ELSEWHERE.items():
        assert Path(page).name in (ROOT / "tests" / test).read_text(encoding="utf-8")


def test_a_program_that_is_not_run_is_on_a_page() -> None:
    lines = [
        line
        for path in PAGES
        for snippet in snippets(path.read_text(encoding="utf-8"))
        if snippet.language == "sh"
        for line in snippet.lines
    ]
    for program in NOT_RUN:
        assert any(line.startswith(program) for line in lines), program
