"""How long the trial forecast of a model file may take: CPU time, so that other work on the machine condemns no model."""

import os
from collections.abc import Mapping

from storecast.errors import ConfigError, quote

VARIABLE = "STORECAST_TRIAL_SECONDS"
DEFAULT_CPU_SECONDS = 60.0
LEAST_CPU_SECONDS, MOST_CPU_SECONDS = 1.0, 3600.0
WALL_FACTOR = (
    10  # seconds of the clock for each CPU second: for a busy machine, and for a model that hangs without working
)


def trial_seconds(environment: Mapping[str, str] | None = None) -> float:
    """Return the CPU seconds that a trial forecast may take, as the environment sets them.

    Raises
    ------
    ConfigError
        where the variable holds no number, or one out of bounds
    """
    text = (os.environ if environment is None else environment).get(VARIABLE, str(DEFAULT_CPU_SECONDS))
    expected = f"expected a number of CPU seconds, {LEAST_CPU_SECONDS:g} to {MOST_CPU_SECONDS:g}"
    try:
        seconds = float(text)
    except ValueError as error:
        raise ConfigError(f"{VARIABLE}: found {quote(text)}; {expected}.") from error
    if not LEAST_CPU_SECONDS <= seconds <= MOST_CPU_SECONDS:
        raise ConfigError(f"{VARIABLE}: found {quote(text)}; {expected}.")
    return seconds
