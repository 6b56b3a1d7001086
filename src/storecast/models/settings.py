"""Settings of models from a file: the fields of the dataclasses in `config`, by model, and nothing more.

[boosting]
rounds = 500
loss = "absolute"
"""

import dataclasses
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from storecast.errors import ConfigError, hint, quote

Settings = Mapping[str, Mapping[str, Any]]
NONE: Settings = {}


def read_settings(path: Path | None) -> Settings:
    """Read a TOML file with a table for each model; nothing without a file.

    Raises
    ------
    ConfigError
        where the file cannot be read, is no TOML, or holds a setting outside a table
    """
    if path is None:
        return NONE
    try:
        plain = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"The settings {quote(path)} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"The settings {quote(path)} are not valid TOML: {quote(error)}.") from error
    for name, table in plain.items():
        if not isinstance(table, dict):
            raise ConfigError(
                f"{quote(path)}: {quote(name)} stands outside a model's table. Expected [boosting], and its settings below."
            )
    return plain


def changed(settings: Any, name: str, values: Mapping[str, Any]) -> Any:
    """Return a dataclass of settings with some of its fields changed.

    Parameters
    ----------
    settings : a dataclass
    name : of the model, for messages
    values : by the names of fields

    Raises
    ------
    ConfigError
        where there is no such field, or its value has another type or makes no sense
    """
    current = {field.name: getattr(settings, field.name) for field in dataclasses.fields(settings)}
    plain = {field: value for field, value in current.items() if isinstance(value, int | float | str | None)}
    for field, value in values.items():
        if field not in plain:
            raise ConfigError(
                f"[{quote(name)}] has no setting {quote(field)}.{hint(field, plain)} There are: {', '.join(plain)}."
            )
        usual = plain[field]
        kind = int if usual is None else type(usual)
        fits = isinstance(value, int | float) if kind is float else isinstance(value, kind)
        if not fits or isinstance(value, bool) is not (kind is bool):
            raise ConfigError(
                f"[{quote(name)}] {quote(field)}: found {quote(value)}; expected {'a' if kind is not int else 'a whole'} "
                f"{'text' if kind is str else 'number'}, such as {usual if usual is not None else 12}."
            )
    return dataclasses.replace(settings, **values)
