"""Whether a model can tell a span of days from all others by what is known ahead of them, and by what.

Whole days are left out for the test, since the rows of a day are all but the same. Not whole weeks: a span of seven weeks less
one teaches a model that the week left out, as it stood in earlier years, is of the other kind.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.inspection import permutation_importance
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

from storecast.questions.levels import Ints

Matrix = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

ROWS = 2_000  # of each kind that a model sees; the stores of a day are so alike that more would add little
FOLDS = 5
FEWEST_FOLDS = 3
SHUFFLED = 1_000  # rows of a fold on which columns are shuffled
SEED = 0
UNKNOWN = -1.0  # in place of what is not known: a column that is never known would break the trees


@dataclass(frozen=True, eq=False)
class Telling:
    """How well a model told days apart.

    Attributes
    ----------
    folds : the AUC on each fold of whole days left out: 0.5 is guessing, 1 is always right
    lost : for each column, the AUC that is lost on average when it is shuffled; empty where this was not asked
    """

    folds: list[float]
    lost: list[float]


def tell_apart(X: Matrix, inside: Flags, rest: Flags, days: Ints, *, by_what: bool = False) -> Telling | None:
    """Train trees to tell the rows ``inside`` from ``rest``, and test them on whole days left out.

    Parameters
    ----------
    X : rows × columns
    days : the day of each row
    by_what : shuffle each column, to see which of them the model goes by

    Returns
    -------
    None where either kind has fewer than three days
    """
    rng = np.random.default_rng(SEED)
    chosen = np.sort(np.concatenate([_some(rng, np.flatnonzero(part), ROWS) for part in (inside, rest)]))
    X, y, groups = np.where(np.isnan(X[chosen]), UNKNOWN, X[chosen]), inside[chosen], days[chosen]
    folds = min(FOLDS, len(np.unique(groups[y])), len(np.unique(groups[~y])))
    if folds < FEWEST_FOLDS:
        return None
    found: list[float] = []
    lost = []
    with threadpool_limits(1):  # the trees are small: more threads would wait for each other
        for train, test in GroupKFold(folds, shuffle=True, random_state=SEED).split(X, y, groups):
            if min(len(np.unique(y[test])), len(np.unique(y[train]))) < 2:
                continue
            model = HistGradientBoostingClassifier(max_iter=20, max_leaf_nodes=15, random_state=SEED)
            model.fit(X[train], y[train])
            found.append(float(roc_auc_score(y[test], model.predict_proba(X[test])[:, 1])))
            few = _some(rng, test, SHUFFLED)
            if by_what and len(np.unique(y[few])) == 2:
                drop = permutation_importance(model, X[few], y[few], scoring="roc_auc", n_repeats=1, random_state=SEED)
                lost.append(drop.importances_mean)
    if len(found) < FEWEST_FOLDS:
        return None
    return Telling(found, [float(value) for value in np.mean(lost, axis=0)] if lost else [])


def _some(rng: np.random.Generator, rows: Ints, most: int) -> Ints:
    return rng.choice(rows, min(most, len(rows)), replace=False)
