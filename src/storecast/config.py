"""What can be set: frozen dataclasses, one remark a field. A value that makes no sense is refused when it is set."""

from dataclasses import dataclass

from storecast.arguments import check_argument
from storecast.errors import ConfigError, hint, quote

LEVELS = (80, 95)  # the central intervals of every forecast, in percent
MAX_HORIZON = 400  # days of one forecast
MIN_QUANTILE, MAX_QUANTILE = 0.01, 0.99
MAX_QUANTILES = 20  # of one request
MAX_NEW_STORES = 1000  # of one request


def valid_quantile(quantile: float) -> bool:
    """Return whether a quantile is a whole percent from 0.01 to 0.99: its column is named in whole percents.

    Examples
    --------
    >>> valid_quantile(0.29), valid_quantile(0.025), valid_quantile(1.0)
    (True, False, False)
    """
    percent = quantile * 100  # 0.29 * 100 is not 29 to the last bit
    return MIN_QUANTILE <= quantile <= MAX_QUANTILE and abs(percent - round(percent)) <= 1e-9


def interval_quantiles(level: int) -> tuple[float, float]:
    """Return the quantiles that bound a central interval.

    Parameters
    ----------
    level : in percent; its bounds must be whole percents

    Raises
    ------
    ConfigError
        where they are not

    Examples
    --------
    >>> interval_quantiles(90)
    (0.05, 0.95)
    """
    if level not in range(2, 99, 2):
        raise ConfigError(
            f"The level {level} has no bounds in whole percents; expected 95, or an even number from 2 to 98."
        )
    return (100 - level) / 200, (100 + level) / 200


@dataclass(frozen=True)
class Task:
    """What is asked of a model."""

    horizon: int = 42  # days ahead
    quantiles: tuple[float, ...] = ()  # beyond the bounds of the intervals, each inside (0, 1)

    def __post_init__(self) -> None:
        """Refuse a horizon or a quantile that has no meaning."""
        check_argument("horizon", self.horizon, int, "a number of days")
        if not 1 <= self.horizon <= MAX_HORIZON:
            raise ConfigError(f"The horizon is {self.horizon} days; expected 1 to {MAX_HORIZON}. Set --horizon.")
        for quantile in self.quantiles:
            if not valid_quantile(quantile):
                raise ConfigError(
                    f"The quantile {quantile} cannot be given; expected whole percents from {MIN_QUANTILE} to "
                    f"{MAX_QUANTILE}, as in --quantiles 0.1,0.5,0.9."
                )


@dataclass(frozen=True)
class LinearSettings:
    """The ridge of log sales, shrunk to the chain. Found by `benchmarks/tune.py`, rounded.

    `[linear]` in a settings file changes `linear`, also in a blend: the ridge that is a feature of trees keeps these values.
    """

    penalty: float = 1.4  # times the penalty of each term
    shared_days: float = 0.06  # penalty of the chain's own coefficients, times the number of stores
    half_life: float = 1080.0  # days after which a day counts half
    robust_rounds: int = 2  # times the weights of outliers are found again
    huber: float = 2.9  # times the median absolute residual; beyond it a day counts less
    recent_days: int = 32  # the mean residual of these last days ...
    recent_share: float = 0.64  # ... is carried forward by this share


@dataclass(frozen=True)
class FeatureConfig:
    """How feature rows look at the past. Models that look at it differently err differently, and blend well."""

    impute: bool = False  # the weeks without rows are filled in, for the history features alone
    # The ridge's part for own columns is always taken off history and target, and put back after ...
    holidays_apart: bool = False  # ... and so is that for holidays


@dataclass(frozen=True)
class NaiveSettings:
    """The baseline."""

    days: int = 364  # of history that tell weekdays and promotions apart
    level_days: int = 28  # the last ones, which tell the level
    level_prior: int = 14  # days with sales by which that level is drawn to the level of the year


LOSSES = (
    "log-squared",
    "log-absolute",
    "log-quantile",
    "squared",
    "absolute",
    "rmspe",
)  # models.losses has what they are


@dataclass(frozen=True)
class BoostingSettings:
    """XGBoost. Found by `benchmarks/tune.py`, on windows that no report shows, and rounded."""

    rounds: int = 570
    learning_rate: float = 0.028
    depth: int = 10
    min_child_weight: float = 56.0
    subsample: float = 0.57
    columns_by_tree: float = 0.51
    columns_by_node: float = 0.57
    bins: int = 128
    l2: float = 1.9
    origins: int | None = None  # newest origins that train; None: all
    view: FeatureConfig = FeatureConfig(impute=True, holidays_apart=True)
    loss: str = "log-absolute"  # see models.losses
    quantile: float = 0.5  # of log sales, that the loss log-quantile aims at
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse a loss that is none, and numbers that XGBoost would refuse without saying where they come from."""
        if self.loss not in LOSSES:
            raise ConfigError(
                f"There is no loss {quote(self.loss)}.{hint(self.loss, LOSSES)} There are: {', '.join(LOSSES)}."
            )
        for name in ("rounds", "depth", "learning_rate"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"[boosting] {name}: found {getattr(self, name)}; expected more than 0.")
        for name in ("subsample", "columns_by_tree", "columns_by_node", "quantile"):
            if not 0 < getattr(self, name) <= 1:
                raise ConfigError(f"[boosting] {name}: found {getattr(self, name)}; expected more than 0, at most 1.")


@dataclass(frozen=True)
class ForestSettings:
    """Random forest on the log of sales: part of the rows and columns, so that a fit stays under a minute."""

    trees: int = 40
    rows: int = 100_000  # drawn at random without replacement
    min_samples_leaf: int = 5
    columns_by_split: float = 0.4
    seed: int = 0


@dataclass(frozen=True)
class LstmSettings:
    """The network of `models.lstm`, and how it is trained."""

    hidden: int = 64  # width of each layer
    layers: int = 2  # of the encoder, and of the decoder
    store_width: int = 8  # of a store's embedding
    category_width: int = 3  # of the embedding of each other category
    dropout: float = 0.1  # between the layers
    unknown_share: float = 0.05  # of sequences whose store is hidden in training, so that a new store has an embedding
    batch: int = 256  # sequences, each one store after one origin
    epochs: int = 5  # at most
    patience: int = 2  # epochs without a better loss on the newest origin, after which it stops
    learning_rate: float = 2e-3  # at its highest
    weight_decay: float = 0.01
    finish: float = 0.1  # of the learning rate, for a last epoch with the newest origin among the others
    origins: int | None = None  # newest origins that train; None: all
    seed: int = 0
    checkpoints: str = ""  # folder that keeps each epoch, from which a fit that was killed goes on; "": none is kept


@dataclass(frozen=True)
class BlendSettings:
    """Several different models, equally weighted."""

    members: tuple[str, ...] = ("linear", "boosting", "boosting-plain")
