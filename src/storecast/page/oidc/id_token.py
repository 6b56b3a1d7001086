"""What an ID token says, once its signature and its claims are verified (OpenID Connect Core, 3.1.3.7)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, cast

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet
from joserfc.jws import JWSRegistry

from storecast.errors import quote

# What signs with a private key alone: with HS256 whoever knows the client's secret could write a token, with none anybody.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
LEEWAY_S = 60  # that clocks may differ
LONGEST_SUBJECT = 255  # characters, as the standard has it


class TokenError(Exception):
    """An ID token that is not believed; its text is for the log, and holds nothing of the token but names of claims."""


class UnknownKeyError(TokenError):
    """An ID token signed with a key that is not known, or not yet."""


@dataclass(frozen=True)
class Expected:
    """What a token has to be.

    Attributes
    ----------
    issuer : who wrote it
    client_id : for whom
    nonce : for which login
    algorithms : with which it may be signed, some of `ALGORITHMS`
    """

    issuer: str
    client_id: str
    nonce: str
    algorithms: Collection[str]


def allowed_algorithms(announced: object) -> tuple[str, ...]:
    """Return which of the algorithms that a provider announces are believed; nothing announced: RS256, as the standard has it."""
    names = announced if isinstance(announced, list) else ["RS256"]
    return tuple(name for name in ALGORITHMS if name in names)


def read_keys(document: Mapping[str, Any]) -> KeySet:
    """Return the keys of a provider that verify signatures; those of other kinds are left out.

    Raises
    ------
    TokenError
        where there are none
    """
    listed = document.get("keys")
    keys: list[Key] = []
    for each in listed if isinstance(listed, list) else []:
        if isinstance(each, dict) and each.get("kty") in ("RSA", "EC") and each.get("use", "sig") == "sig":
            try:
                keys.append(JWKRegistry.import_key(each))
            except (JoseError, ValueError, TypeError):  # one that we cannot use need not keep out the others
                continue
    if not keys:
        raise TokenError("its document of keys holds none for signatures")
    return KeySet(keys)


def verify(token: str, keys: KeySet, expected: Expected, access_token: str | None = None) -> Mapping[str, Any]:
    """Return the claims of an ID token.

    Parameters
    ----------
    token : as the provider sent it
    keys : of the provider
    expected : what it has to be
    access_token : that came with it; a token may name its hash

    Raises
    ------
    UnknownKeyError
        where its key is none of these
    TokenError
        where it is not what is expected
    """
    if not expected.algorithms:  # joserfc takes an empty list for its own default, which has HS256 in it
        raise TokenError("the provider signs with no algorithm that is believed")
    try:
        # A provider may put fields of its own into the header; critical ones are refused all the same.
        registry = JWSRegistry(algorithms=expected.algorithms, strict_check_header=False)
        decoded = jwt.decode(token, keys, registry=registry)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            options={
                "iss": {"essential": True, "value": expected.issuer},
                "aud": {"essential": True, "value": expected.client_id},
            },
            params={"client_id": expected.client_id, "nonce": expected.nonce, "access_token": access_token},
        )
        claims.validate(leeway=LEEWAY_S)
    except InvalidKeyIdError as error:
        raise UnknownKeyError("its key is not among those of the provider") from error
    except (JoseError, ValueError, TypeError) as error:
        raise TokenError(quote(str(error))) from error
    subject = claims["sub"]
    if not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise TokenError("sub is no name of a person")
    return cast("Mapping[str, Any]", claims)
