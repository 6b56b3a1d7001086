"""Adversarial validation: whether a model can tell a span of days from all others by what is known ahead, and by which columns.

Whole days are left out for the test, since the rows of a day are nearly the same. Whole weeks are not: of a span of seven weeks,
a model would learn from earlier years that the week left out belongs to the other kind.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GroupKFold

from storecast.arrays import F32, I64, Bool

MAX_ROWS_PER_KIND = 2_000  # the stores of a day are so similar that more rows would add little
FOLDS = 5
MIN_FOLDS = 3
MAX_ROWS_SHUFFLED = 1_000  # of a fold
SEED = 0
UNKNOWN = -1.0  # in place of NaN: the trees cannot take a column that is always NaN


@dataclass(frozen=True, eq=False)
class AdversarialValidation:
    """How well a model tells days apart.

    Attributes
    ----------
    aucs : the AUC on each fold of whole days left out: 0.5 is guessing, 1 is always right
    auc_lost : for each column, the mean AUC that is lost when it is shuffled; empty where importance was not asked for
    """

    aucs: list[float]
    auc_lost: list[float]


def adversarial_validation(
    X: F32, inside: Bool, outside: Bool, days: I64, *, importance: bool = False
) -> AdversarialValidation | None:
    """Train trees to tell the rows ``inside`` from those ``outside``, and test them on whole days left out.

    Parameters
    ----------
    X : rows × columns
    inside, outside : flags of the rows
    days : the day of each row
    importance : whether each column is shuffled, to see which of them the model uses

    Returns
    -------
    None where either kind has fewer than three days
    """
    rng = np.random.default_rng(SEED)
    chosen = np.sort(
        np.concatenate([_sample(rng, np.flatnonzero(part), MAX_ROWS_PER_KIND) for part in (inside, outside)])
    )
    X, y, groups = np.where(np.isnan(X[chosen]), UNKNOWN, X[chosen]), inside[chosen], days[chosen]
    folds = min(FOLDS, len(np.unique(groups[y])), len(np.unique(groups[~y])))
    if folds < MIN_FOLDS:
        return None
    aucs: list[float] = []
    auc_lost = []
    for train, test in GroupKFold(folds, shuffle=True, random_state=SEED).split(X, y, groups):
        if min(len(np.unique(y[test])), len(np.unique(y[train]))) < 2:
            continue
        model = HistGradientBoostingClassifier(max_iter=20, max_leaf_nodes=15, random_state=SEED)
        model.fit(X[train], y[train])
        aucs.append(_auc(model, X[test], y[test]))
        few = _sample(rng, test, MAX_ROWS_SHUFFLED)
        if importance and len(np.unique(y[few])) == 2:
            drop = permutation_importance(model, X[few], y[few], scoring=_auc, n_repeats=1, random_state=SEED)
            auc_lost.append(drop.importances_mean)
    if len(aucs) < MIN_FOLDS:
        return None
    return AdversarialValidation(aucs, [float(value) for value in np.mean(auc_lost, axis=0)] if auc_lost else [])


def _auc(model: HistGradientBoostingClassifier, X: F32, y: Bool) -> float:
    """Return the AUC by the ranks of the scores (Mann and Whitney 1947): scikit-learn's checks of a few rows take much longer.

    The scores are log odds: as probabilities, some that differ would be alike.
    """
    ranks = stats.rankdata(model.decision_function(X))
    inside = int(y.sum())
    above = ranks[y].sum() - inside * (inside + 1) / 2
    return float(above / (inside * (len(y) - inside)))


def _sample(rng: np.random.Generator, rows: I64, most: int) -> I64:
    return rng.choice(rows, min(most, len(rows)), replace=False)
