"""Problem details (RFC 9457): how every error is reported, in at most 8 KB and without a word of what was sent.

The type of a problem is a relative reference that stands for its kind; docs/service.md lists them. `where` names the place in
the request: ``rows[3].Promo``, a header, a parameter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

import msgspec
from msgspec import Struct

from storecast.errors import (
    CellsError,
    ConflictError,
    DatabaseError,
    MissingError,
    ModelFileError,
    UserError,
)

MEDIA_TYPE = b"application/problem+json"
LONGEST = 600  # characters of a detail
MOST_PLACES = 20  # that one reply names
_NO_MORE = "A row stands already with other values. Ask for it to be replaced where that is meant."

KINDS: dict[str, tuple[int, str]] = {
    "bad-request": (400, "The request cannot be read"),
    "no-key": (401, "A key is needed"),
    "not-allowed": (403, "This is not allowed"),
    "not-found": (404, "There is no such thing"),
    "wrong-method": (405, "This cannot be done here"),
    "conflict": (409, "This does not go with what stands already"),
    "too-large": (413, "The request is too large"),
    "wrong-type": (415, "This kind of content is not read here"),
    "not-valid": (422, "The request does not say what is needed"),
    "too-many": (429, "Too many requests"),
    "headers-too-large": (431, "The headers are too large"),
    "our-mistake": (500, "Something went wrong here"),
    "not-ready": (503, "The service cannot answer now"),
    "busy": (503, "The service has too much to do"),
    "too-slow": (504, "The answer took too long"),
}


class Place(Struct, forbid_unknown_fields=True):
    """One place in a request."""

    where: str
    what: str


class ProblemDetails(Struct, omit_defaults=True):
    """A problem as it is sent; `request` is the id of the request, as in the log. `error` is the detail again, for `/v2`."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Place] = []
    request: str = ""
    error: str = ""


@dataclass(eq=False)
class Problem(Exception):  # noqa: N818 - RFC 9457 calls it so
    """A request that is not answered as it hoped for.

    Attributes
    ----------
    kind : one of `KINDS`
    detail : what was found, what was expected, what to do; never what was sent
    places : (where, what) in the request
    headers : to send with it
    """

    kind: str
    detail: str
    places: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """The status of HTTP."""
        return KINDS[self.kind][0]

    def body(self, request: str = "", *, inference: bool = False) -> bytes:
        """Return it as JSON.

        Parameters
        ----------
        request : the id of the request
        inference : with the member that the Open Inference Protocol wants
        """
        status, title = KINDS[self.kind]
        places = [Place(where[:80], what[:200]) for where, what in self.places[:MOST_PLACES]]
        detail = self.detail[:LONGEST]
        details = ProblemDetails(
            f"/problems/{self.kind}",
            title,
            status,
            detail,
            errors=places,
            request=request,
            error=detail if inference else "",
        )
        return msgspec.json.encode(details)

    def header_list(self, body: bytes) -> list[tuple[bytes, bytes]]:
        """Return its headers as ASGI has them."""
        return [
            (b"content-type", MEDIA_TYPE),
            (b"content-length", str(len(body)).encode()),
            *((name.encode(), value.encode()) for name, value in self.headers.items()),
        ]


def invalid(where: str, what: str) -> Problem:
    """Return a refusal of one place in a request."""
    return Problem("not-valid", f"{where}: {what}.", [(where, what)])


def unreadable(what: str) -> Problem:
    """Return a refusal of a request that cannot be read."""
    return Problem("bad-request", what)


def of_error(error: UserError, *, may_read: bool = True) -> Problem:
    """Return what a mistake of the user below is over HTTP.

    Parameters
    ----------
    error : to report
    may_read : whether the key has the scope `read`; without it, a conflict says where it is and not what is stored
    """
    if isinstance(error, ConflictError):
        return _conflict(error, may_read=may_read)
    if isinstance(error, CellsError):
        return Problem("not-valid", f"Cells of the workbook cannot be taken: {len(error.cells)}.", error.cells)
    if isinstance(error, DatabaseError):
        return Problem(
            "not-ready",
            "The database does not answer as it should; the log says why. Try again.",
            headers={"retry-after": "2"},
        )
    if isinstance(error, MissingError):
        return Problem("not-found", str(error))
    if isinstance(error, ModelFileError):
        return Problem("conflict", str(error))
    return Problem("not-valid", str(error))


def _conflict(error: ConflictError, *, may_read: bool) -> Problem:
    if may_read:
        return Problem("conflict", str(error))
    places = [(error.column, "stands already with another value")] if error.column else []
    return Problem("conflict", error.public or _NO_MORE, places)


def of_status(status: int) -> Problem:
    """Return the problem of a status that the framework gives."""
    for kind, (code, title) in KINDS.items():
        if code == status:
            return Problem(kind, f"{HTTPStatus(status).phrase}. {title}.")
    return Problem("bad-request" if status < 500 else "our-mistake", f"{HTTPStatus(status).phrase}.")
