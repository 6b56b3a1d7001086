"""Each status has its error, and the tree in the module's words is the tree of the classes."""

import inspect
import re

import pytest

from storecast import client
from storecast.client import errors
from storecast.client.errors import ClientError, InvalidError, ProblemError, ServiceError, error_of
from storecast.errors import StorecastError

CLASSES = {
    name: value for name, value in vars(errors).items() if inspect.isclass(value) and issubclass(value, ClientError)
}


def test_the_map_at_the_top_names_every_error_under_its_parent() -> None:
    parents = {"": StorecastError.__name__}
    for line in str(errors.__doc__).splitlines():
        match = re.match(r"^([│ ]*[├└]── )?(\w+Error)\b", line)
        if match:
            depth = len(match[1] or "") // 4
            parents[match[2]] = {0: "StorecastError", 1: "ClientError", 2: "ProblemError"}[depth]
    assert {name: value.__mro__[1].__name__ for name, value in CLASSES.items()} == {
        name: parent for name, parent in parents.items() if name
    }


def test_every_error_is_public() -> None:
    assert set(CLASSES) <= set(client.__all__)


@pytest.mark.parametrize(
    ("status", "error"), [(418, InvalidError), (405, InvalidError), (500, ServiceError), (507, ServiceError)]
)
def test_a_status_without_an_error_of_its_own_has_that_of_its_class(status: int, error: type[ProblemError]) -> None:
    assert error_of(status) is error


def test_when_the_service_says_nothing_then_the_message_still_does() -> None:
    assert str(ServiceError(500)) == "500 The service refused"


def test_a_place_that_the_detail_names_already_is_not_repeated() -> None:
    place = {"where": "days", "what": "expected 1 to 42"}
    assert str(InvalidError(422, title="T", detail="days: expected 1 to 42.", errors=[place])) == (
        "422 T: days: expected 1 to 42."
    )
