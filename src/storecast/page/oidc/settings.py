"""What is set of the login at a provider, checked when the service starts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from storecast.database.api_keys import SCOPES
from storecast.errors import ConfigError, hint, quote
from storecast.page.addresses import OIDC_CALLBACK
from storecast.service.settings import Settings, is_loopback, variable

NEEDED = ("public_url", "oidc_issuer", "oidc_client_id", "oidc_client_secret", "oidc_rights")
HOW_TO_WRITE_RIGHTS = "expected VALUE=SCOPES with semicolons between, as planners=read forecast write; controlling=read"


@dataclass(frozen=True)
class OidcSettings:
    """What is set of the login at a provider.

    Attributes
    ----------
    issuer : the provider's address, exactly as its tokens name it
    client_id, client_secret : of this service at the provider
    public_url : of this service, as browsers reach it, without a slash at its end
    rights : the scopes that a value of the claim gives
    rights_claim, name_claim : of an ID token
    scopes : that the provider is asked for
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    public_url: str
    rights: Mapping[str, frozenset[str]]
    rights_claim: str
    name_claim: str
    scopes: str

    @property
    def redirect_uri(self) -> str:
        """Where the provider sends a browser back to; it has to be registered there."""
        return self.public_url + OIDC_CALLBACK

    @property
    def secure(self) -> bool:
        """Whether browsers reach the service over HTTPS."""
        return self.public_url.startswith("https:")


def read_oidc_settings(settings: Settings) -> OidcSettings | None:
    """Return what is set of the login at a provider; None where nothing is.

    Raises
    ------
    ConfigError
        where a part of it is missing, or has no meaning
    """
    secret = _secret(settings)
    values = {name: str(getattr(settings, name)) for name in NEEDED} | {"oidc_client_secret": secret}
    if not any(value for name, value in values.items() if name != "public_url"):
        return None
    missing = [variable(name) for name, value in values.items() if not value.strip()]
    if missing:
        raise ConfigError(
            f"The login at a provider needs {', '.join(missing)}, too. Set all of {', '.join(map(variable, NEEDED))}, or none."
        )
    if settings.no_keys:
        raise ConfigError(f"Without keys nobody logs in. Leave out --no-keys, or {variable('oidc_issuer')}.")
    if "openid" not in settings.oidc_scopes.split():
        raise ConfigError(
            f"{variable('oidc_scopes')}: found {quote(settings.oidc_scopes)}; expected openid among them."
        )
    public = check_address(settings.public_url, variable("public_url")).rstrip("/")
    if urlsplit(public).path:
        raise ConfigError(f"{variable('public_url')}: found {quote(settings.public_url)}; expected no path in it.")
    return OidcSettings(
        check_address(settings.oidc_issuer, variable("oidc_issuer")),
        settings.oidc_client_id,
        secret,
        public,
        _read_rights(settings.oidc_rights),
        settings.oidc_rights_claim,
        settings.oidc_name_claim,
        settings.oidc_scopes,
    )


def check_address(url: str, what: str) -> str:
    """Return an address that secrets may be sent to: over HTTPS, or to this machine itself.

    Parameters
    ----------
    url : the address
    what : names it in a message

    Raises
    ------
    ConfigError
        where it is another
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    encrypted = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    if not encrypted or not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
        raise ConfigError(
            f"{what}: found {quote(url)}; expected an address that begins with https://, without a user, a query or a fragment. "
            "http:// is for loopback alone."
        )
    return url


def _secret(settings: Settings) -> str:
    secret, file = settings.oidc_client_secret, settings.oidc_client_secret_file
    if not file:
        return secret
    name = variable("oidc_client_secret_file")
    if secret:
        raise ConfigError(f"{variable('oidc_client_secret')} and {name} are both set. Set one of them.")
    try:
        secret = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name}: {quote(file)} cannot be read. Name a file with the secret in it.") from error
    if not secret:
        raise ConfigError(f"{name}: {quote(file)} is empty. Name a file with the secret in it.")
    return secret


def _read_rights(text: str) -> dict[str, frozenset[str]]:
    """Read what values of a claim give.

    >>> sorted(_read_rights("/sales/planners = read write; it=admin")["/sales/planners"])
    ['read', 'write']
    """
    name = variable("oidc_rights")
    rights: dict[str, frozenset[str]] = {}
    for entry in filter(None, map(str.strip, text.split(";"))):
        value, _, listed = entry.rpartition("=")
        value, scopes = value.strip(), listed.split()
        if not value or not scopes:
            raise ConfigError(f"{name}: found {quote(entry)}; {HOW_TO_WRITE_RIGHTS}.")
        for scope in scopes:
            if scope not in SCOPES:
                raise ConfigError(
                    f"{name}: there is no scope {quote(scope)}.{hint(scope, SCOPES)} There are: {', '.join(SCOPES)}."
                )
        if value in rights:
            raise ConfigError(f"{name}: {quote(value)} stands in it twice. Write its scopes once.")
        rights[value] = frozenset(scopes)
    if not rights:
        raise ConfigError(f"{name}: found {quote(text)}; {HOW_TO_WRITE_RIGHTS}.")
    return rights
