"""Who logged in: a name and scopes, by the claims of a verified ID token."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storecast.page.oidc.settings import OidcSettings
from storecast.service.problems import Problem

log = logging.getLogger(__name__)

LONGEST_NAME = 200  # characters


@dataclass(frozen=True)
class Person:
    """Somebody whom the provider knows.

    Attributes
    ----------
    subject : who it is, for the provider: never given to another
    name : to be shown
    scopes : what this person may do here
    """

    subject: str
    name: str
    scopes: frozenset[str]


def person_of(claims: Mapping[str, Any], settings: OidcSettings) -> Person:
    """Return who logged in.

    Parameters
    ----------
    claims : of a verified ID token
    settings : which claims say what

    Raises
    ------
    Problem
        where nothing that the provider says of this person opens the service
    """
    value = _claim(claims, settings.rights_claim)
    values = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    scopes = frozenset().union(*(settings.rights.get(each, ()) for each in values if isinstance(each, str)))
    if not scopes:
        if value is None:
            log.warning(
                "a login was refused: its ID token has no claim %s. Let the provider send it in ID tokens; where somebody is in "
                "too many groups, some send none of them: use roles.",
                settings.rights_claim,
            )
        raise Problem(
            "not-allowed",
            "The provider knows you, but none of your groups or roles opens this service. Ask whoever runs it for access.",
        )
    subject: str = claims["sub"]
    unverified = claims.get("email_verified") is False  # anybody may have entered it
    others = ("name",) if unverified else ("email", "name")
    names = (_claim(claims, name) for name in (settings.name_claim, *others))
    return Person(subject, next((name for name in names if _is_name(name)), subject[:LONGEST_NAME]), scopes)


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """Return a claim by its name, or by the way to it: ``realm_access.roles``."""
    if name in claims:
        return claims[name]
    value: Any = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= LONGEST_NAME and value.isprintable()
