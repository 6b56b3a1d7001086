import subprocess
import sys
from pathlib import Path

import pytest

from storecast.data.generate import ChainSpec, write_demo
from storecast.errors import ConfigError
from storecast.exploration.registry import find_question, missing_libraries, questions

KEYS = [
    "quality", "alike", "holidays", "seasons", "customers", "promotions", "own_columns", "response", "openings", "assortment",
    "competition", "stores",
]  # fmt: skip
ASK_WITHOUT = """
import sys
from pathlib import Path

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

absent, folder, keys = set(sys.argv[1].split()), Path(sys.argv[2]), sys.argv[3].split()
sys.meta_path.insert(0, Absent())
from storecast.exploration.registry import ask, questions
from storecast.workflows import prepare

panel = prepare(folder, horizon=14, allow_longer_test=True).panel
for key in keys:
    answer = ask(panel, questions()[key])
    assert not isinstance(answer, str), answer
print("answered")
"""


def run_code(code: str, *arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_the_questions_come_in_the_order_of_the_report() -> None:
    assert list(questions()) == KEYS
    positions = [question.position for question in questions().values()]
    assert positions == sorted(set(positions))


def test_an_unknown_question_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"no question 'weather'.*quality, alike"):
        find_question("weather")


def test_titles_need_no_statistics_library() -> None:
    code = (
        "import sys; from storecast.exploration.registry import questions; "
        "assert questions()['seasons'].title; print({'statsmodels', 'linearmodels'} & set(sys.modules))"
    )
    assert run_code(code) == "set()"


def test_libraries_that_no_machine_has_are_missing() -> None:
    question = questions()["promotions"]
    assert missing_libraries([question]) == []
    other = type(question)(**{**vars(question), "needs": ("no_such_library", "polars", "a_library_too")})
    assert missing_libraries([question, other]) == ["a_library_too", "no_such_library"]


@pytest.mark.parametrize(("absent", "needs"), [("linearmodels statsmodels", set()), ("linearmodels", {"statsmodels"})])
def test_a_question_needs_no_library_but_those_it_names(absent: str, needs: set[str], tmp_path: Path) -> None:
    write_demo(tmp_path, ChainSpec(stores=30, days=600))
    keys = [key for key, question in questions().items() if set(question.needs) <= needs]
    assert keys
    assert run_code(ASK_WITHOUT, absent, str(tmp_path), " ".join(keys)) == "answered"
