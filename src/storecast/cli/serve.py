"""storecast serve: the service over a home."""

import logging
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from storecast.cli import options
from storecast.logs import log_to_screen

log = logging.getLogger(__name__)

PAGE_NEEDS = ("a2wsgi", "babel", "dash", "dash_ag_grid")
OIDC_NEEDS = ("authlib", "httpx", "joserfc")


def serve(
    home: Annotated[Path | None, typer.Option("--home", help="Folder that `storecast run` wrote.")] = None,
    db: Annotated[
        str | None, typer.Option("--db", help="URL of the database. Default: storecast.db in the home.")
    ] = None,
    host: Annotated[str | None, typer.Option("--host", help="Address to listen on. Default: 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="Port to listen on; 0: any. Default: 8000.")] = None,
    no_keys: Annotated[
        bool, typer.Option("--no-keys", help="Answer without keys; on loopback alone, and requests from there.")
    ] = False,
    open_page: Annotated[
        bool, typer.Option("--open", help="Open the page in the default browser once a model is served.")
    ] = False,
    log_format: Annotated[options.LogFormat | None, typer.Option("--log-format", help="How log lines look.")] = None,
) -> None:
    """Serve forecasts over HTTP until it is stopped. docs/service.md has the routes and every setting."""
    from storecast.errors import ConfigError

    try:
        from storecast.service.introduction import address_of
        from storecast.service.server import serve as run
        from storecast.service.settings import Settings
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("storecast"):
            raise
        raise ConfigError(
            f"The service needs {error.name}, not installed here. Install the extra: pip install 'storecast[serve]'."
        ) from error

    settings = Settings.from_env(
        home=home,
        db=db,
        host=host,
        listen_port=port,
        no_keys=no_keys or None,
        log_format=log_format and log_format.value,
    )
    if open_page and settings.listen_port == 0:
        raise ConfigError("--open: found port 0, any; expected a port that is known before. Name one with --port.")
    log_to_screen(settings.log_format)
    from storecast.page.oidc.settings import read_oidc_settings

    oidc = read_oidc_settings(settings)
    missing = [name for name in PAGE_NEEDS if not find_spec(name)]
    if oidc is not None:
        missing += [name for name in OIDC_NEEDS if not find_spec(name)]
        if missing:
            raise ConfigError(
                f"The login at a provider needs {missing[0]}, not installed here. Install the extras: "
                "pip install 'storecast[page,oidc]'."
            )
    if missing and open_page:
        raise ConfigError(
            "--open needs the web page, not installed here. Install the extra: pip install 'storecast[page]'."
        )
    if missing:
        log.info("The web page is not served: pip install 'storecast[page]' adds it.")
        run(settings)
        return
    from storecast.page.addresses import BASE
    from storecast.page.open_browser import OpensPage
    from storecast.page.routes import WARM_UP, page_routes

    follower = OpensPage(WARM_UP, f"{address_of(settings)}{BASE}") if open_page else WARM_UP
    run(settings, page_routes(oidc), follower)
