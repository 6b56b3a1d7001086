import json
import subprocess
import sys

import pytest

from storecast.data.generate import ChainSpec, write_demo
from storecast.errors import ConfigError
from storecast.exploration.registry import find_question, missing_libraries, questions

KEYS = [
    "quality", "alike", "holidays", "seasons", "customers", "promotions", "own_columns", "response", "openings", "assortment",
    "competition", "stores",
]  # fmt: skip
ASK_WITHOUT = """
import json, sys
from pathlib import Path

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

libraries = {"linearmodels", "statsmodels"}
absent = set()
from storecast.exploration.registry import ask, questions
assert questions()["seasons"].title
loaded = libraries & set(sys.modules)

sys.meta_path.insert(0, Absent())
from storecast.exploration.covariate_shift import adversarial_validation, separability
from storecast.exploration.seasons import strength
from storecast.workflows import prepare
separability.MAX_WINDOWS = 1  # each window of the past takes as long as the next
adversarial_validation.FOLDS = adversarial_validation.MIN_FOLDS
strength.DRAWS = 1
panel = prepare(Path(sys.argv[1]), horizon=14, allow_longer_test=True).panel
answered = {}
for present in ([], ["statsmodels"]):
    absent = libraries - {*present}
    keys = [key for key, question in questions().items() if sorted(question.needs) == present]
    answers = {key: ask(panel, questions()[key]) for key in keys}
    answered[" ".join(present)] = {key: answer if isinstance(answer, str) else "" for key, answer in answers.items()}
print(json.dumps([sorted(loaded), answered]))
"""


@pytest.fixture(scope="module")
def without_libraries(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], dict[str, dict[str, str]]]:
    """Return the statistics libraries that titles need; and, by those that are present, why a question was not answered, if so."""
    folder = tmp_path_factory.mktemp("chain")
    write_demo(folder, ChainSpec(stores=12, days=500))
    call = [sys.executable, "-c", ASK_WITHOUT, str(folder)]
    loaded, answered = json.loads(subprocess.run(call, capture_output=True, text=True, check=True).stdout)
    return loaded, answered


def test_the_questions_come_in_the_order_of_the_report() -> None:
    assert list(questions()) == KEYS
    positions = [question.position for question in questions().values()]
    assert positions == sorted(set(positions))


def test_an_unknown_question_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"no question 'weather'.*quality, alike"):
        find_question("weather")


def test_titles_need_no_statistics_library(without_libraries: tuple[list[str], dict[str, dict[str, str]]]) -> None:
    loaded, _ = without_libraries
    assert loaded == []


def test_libraries_that_no_machine_has_are_missing() -> None:
    question = questions()["promotions"]
    assert missing_libraries([question]) == []
    other = type(question)(**{**vars(question), "needs": ("no_such_library", "polars", "a_library_too")})
    assert missing_libraries([question, other]) == ["a_library_too", "no_such_library"]


@pytest.mark.parametrize("present", ["", "statsmodels"])
def test_a_question_needs_no_library_but_those_it_names(
    without_libraries: tuple[list[str], dict[str, dict[str, str]]], present: str
) -> None:
    _, answered = without_libraries
    assert answered[present]
    assert set(answered[present].values()) == {""}
