"""Numbers in the path of a request."""

from starlette.requests import Request

from storecast.service.middleware.context import context_of
from storecast.service.problems import Problem
from storecast.service.requests.query import whole_number


def path_number(request: Request, parameter: str, refusal: str) -> int:
    """Return a number that stands in the path of a request.

    Parameters
    ----------
    request : of a route with the parameter
    parameter : its name
    refusal : what is said where it is no number

    Raises
    ------
    Problem
        where it is none
    """
    number = whole_number(context_of(request.scope).path_parameters[parameter])
    if number is None:
        raise Problem("not-found", refusal)
    return number
