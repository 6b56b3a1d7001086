"""Where a search for settings looks: for each model its settings, and between which values.

A setting that stands here has moved the score in trials; the others are left as they are.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Between:
    """Numbers from one to another; evenly on a log scale where ``log`` is set."""

    low: float
    high: float
    log: bool = False

    @property
    def whole(self) -> bool:
        """Whether only whole numbers make sense."""
        return isinstance(self.low, int)


Space = dict[str, Between | tuple[str, ...]]

BOOSTING: Space = {
    "rounds": Between(150, 600, log=True),
    "learning_rate": Between(0.02, 0.12, log=True),
    "depth": Between(5, 11),
    "min_child_weight": Between(5.0, 200.0, log=True),
    "subsample": Between(0.2, 0.9),
    "columns_by_tree": Between(0.15, 0.7),
    "columns_by_node": Between(0.3, 1.0),
    "l2": Between(1.0, 50.0, log=True),
    "loss": ("log-squared", "log-absolute"),
}
SPACES: dict[str, Space] = {
    "linear": {
        "penalty": Between(0.3, 4.0, log=True),
        "shared_days": Between(0.005, 0.5, log=True),
        "half_life": Between(200.0, 2000.0, log=True),
        "huber": Between(1.0, 3.0),
        "recent_days": Between(14, 56),
        "recent_share": Between(0.0, 1.0),
    },
    "forest": {
        "trees": Between(20, 80),
        "min_samples_leaf": Between(2, 30, log=True),
        "columns_by_split": Between(0.2, 0.8),
    },
    "boosting": BOOSTING,
    "boosting-plain": BOOSTING,
    "lstm": {
        "hidden": Between(32, 128, log=True),
        "dropout": Between(0.0, 0.3),
        "learning_rate": Between(5e-4, 5e-3, log=True),
        "weight_decay": Between(1e-3, 0.1, log=True),
        "epochs": Between(3, 8),
    },
}
