"""storecast models: what is in a home's models folder, and which one is in use."""

from pathlib import Path
from typing import Annotated

import typer

from storecast.cli import options, show

app = typer.Typer(help="List, check, promote and prune the models of a home.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="model-YYYY-MM-DD-HH-MM-SS.pkl; the promoted one where it is left out.")]


@app.command("list")
def list_(home: options.Home, json: options.AsJson = False) -> None:
    """List the models, newest first, each checked."""
    from storecast.bundle.registry import list_models

    models = list_models(options.models_folder(home))
    if json:
        show.as_json(
            [
                {
                    "name": m.name,
                    "bytes": m.size,
                    "promoted": m.promoted,
                    "refused": m.reason,
                    "kind": m.manifest and m.manifest.kind,
                }
                for m in models
            ]
        )
        return
    rows = [
        [m.name, "in use" if m.promoted else "", m.manifest.kind if m.manifest else "", m.size, m.reason or "valid"]
        for m in models
    ]
    show.table(f"Models of {home}", ["name", "", "kind", "bytes", "state"], rows)


@app.command("show")
def show_(home: options.Home, name: Name = "") -> None:
    """Print what a model file says of itself, as JSON."""
    from storecast.bundle.registry import open_model

    show.as_json(open_model(_path(home, name)).manifest.to_plain())


@app.command()
def verify(home: options.Home, name: Name = "") -> None:
    """Check a model file in full, its trial forecast in a child process among it."""
    from storecast.bundle.registry import open_model
    from storecast.bundle.smoke_test import try_in_child

    path = _path(home, name)
    file = open_model(path)
    try_in_child(path, sha256=file.sha256)
    print(f"{file.name} is whole, signed by a trusted key, and its trial forecast agrees.")


@app.command()
def promote(
    home: options.Home,
    name: Annotated[str, typer.Argument(help="model-YYYY-MM-DD-HH-MM-SS.pkl")],
    db: options.Db = None,
) -> None:
    """Put a model into use, or an older one back; the database's audit says so."""
    from storecast.workflows import promotion

    options.models_folder(home)
    promotion.promote(home, name, db=db)
    print(f"{name} is in use.")


@app.command()
def rollback(home: options.Home, db: options.Db = None) -> None:
    """Put the model back into use that was in use before; a second time undoes the first. The database's audit says so."""
    from storecast.workflows import promotion

    options.models_folder(home)
    print(f"{promotion.rollback(home, db=db)} is in use.")


@app.command()
def prune(home: options.Home, keep: Annotated[int, typer.Option("--keep", min=1, help="Models to keep.")] = 10) -> None:
    """Delete all but the newest models; the one in use stays."""
    from storecast.bundle import registry

    deleted = registry.prune(options.models_folder(home), keep)
    print(f"Deleted {len(deleted)} files.")


def _path(home: options.Home, name: str) -> Path:
    from storecast.bundle.read import is_model_name
    from storecast.bundle.registry import current
    from storecast.errors import ConfigError, quote

    if name and not is_model_name(name):
        raise ConfigError(
            f"{quote(name)} is no name of a model; expected model-YYYY-MM-DD-HH-MM-SS.pkl. See `storecast models list`."
        )
    folder = options.models_folder(home)
    return folder / name if name else current(folder)
