"""storecast mcp: tools for assistants, over a service."""

import os
from pathlib import Path
from typing import Annotated

import typer

KEY = "STORECAST_KEY"  # in the environment


def mcp(
    url: Annotated[
        str, typer.Option("--url", envvar="STORECAST_URL", help="Address of the service.")
    ] = "http://127.0.0.1:8000",
    key_file: Annotated[
        Path | None, typer.Option("--key-file", help=f"File that holds the key. Default: the variable {KEY}.")
    ] = None,
) -> None:
    """Serve tools to an assistant that starts this command (Model Context Protocol, over stdin and stdout); they only read."""
    from storecast import __version__
    from storecast.errors import ConfigError
    from storecast.logs import log_to_screen

    try:
        from storecast.client import Client, RequestError
        from storecast.tool_server.server import create_server
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.startswith("storecast"):
            raise
        library = (error.name or "httpx").partition(".")[0]
        raise ConfigError(
            f"The tool server needs {library}, not installed here. Install the extra: pip install 'storecast[mcp]'."
        ) from error

    try:
        key = os.environ.get(KEY) if key_file is None else key_file.read_text(encoding="utf-8").strip()
        client = Client(url, key or None)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{key_file} cannot be read; expected a file that holds a key of the service.") from error
    except RequestError as error:
        raise ConfigError(str(error)) from error
    log_to_screen("text")
    with client:
        create_server(client, __version__).run()
