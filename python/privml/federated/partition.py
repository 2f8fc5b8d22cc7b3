"""Ways to deal the rows of one table to several sites, for experiments.

Every row goes to exactly one site and every site gets at least one. The same seed gives the same split.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from privml.encoding import check_int
from privml.errors import ParameterError, ShapeError
from privml.federated.site import Site, check_rows

__all__ = ["by_column", "dirichlet", "iid", "shards"]

_ATTEMPTS = 1000


def by_column(X: ArrayLike, y: ArrayLike, column: int | Sequence[Any] | NDArray[Any]) -> list[Site]:
    """
    Make one site of each value of a column, in the order in which the values first appear.

    Parameters
    ----------
    X : array_like, shape (n, k)
        Features.
    y : array_like, shape (n,)
        Targets.
    column : int, or sequence of length n
        A column of `X`, which is then no longer a feature; or a value for each row, such as its hospital.

    Returns
    -------
    list of Site
        Named after the values.

    Raises
    ------
    ShapeError
        If `column` has another length than `X` has rows, or is not a column of it.

    Examples
    --------
    >>> from privml.federated import by_column
    >>> by_column([[1.0], [2.0], [3.0]], [0, 1, 0], ["north", "south", "north"])
    [Site('north', 2 rows, 1 features), Site('south', 1 rows, 1 features)]
    """
    features, targets = check_rows(X, y)
    if isinstance(column, int | np.integer):
        if not 0 <= column < features.shape[1]:
            raise ShapeError(f"column is {column} and X has {features.shape[1]} columns")
        values = features[:, column]
        features = np.delete(features, column, axis=1)
        names = [f"{value:g}" if float(f"{value:g}") == value else repr(float(value)) for value in values]
    else:
        names = [str(value) for value in np.asarray(column, dtype=object)]
        if len(names) != len(targets):
            raise ShapeError(f"column has {len(names)} values and X {len(targets)} rows")
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        rows.setdefault(name, []).append(row)
    return [Site(name, features[part], targets[part]) for name, part in rows.items()]


def iid(X: ArrayLike, y: ArrayLike, parties: int, *, seed: int | None = None) -> list[Site]:
    """
    Deal the rows at random over sites of nearly equal size.

    Parameters
    ----------
    X, y : array_like, shapes (n, k) and (n,)
        Features and targets.
    parties : int
        Number of sites, at most the number of rows.
    seed : int, optional
        Makes the split repeatable.

    Returns
    -------
    list of Site
        Named ``"site 1"``, ``"site 2"``, ...

    Examples
    --------
    >>> import numpy as np
    >>> from privml.federated import iid
    >>> [len(site) for site in iid(np.zeros((10, 2)), np.zeros(10), 3, seed=1)]
    [4, 3, 3]
    """
    features, targets = check_rows(X, y)
    _check_parties(parties, len(targets))
    order = np.random.default_rng(seed).permutation(len(targets))
    return _sites(features, targets, np.array_split(order, parties))


def shards(
    X: ArrayLike, y: ArrayLike, parties: int, *, per_site: int = 2, seed: int | None = None
) -> list[Site]:
    """
    Sort the rows by target, cut them into shards, and deal each site the same number of shards.

    The pathological split of McMahan et al. (2017), section 3: with `per_site` = 2 most sites have rows of
    two classes only.

    Parameters
    ----------
    X, y : array_like, shapes (n, k) and (n,)
        Features and targets.
    parties : int
        Number of sites.
    per_site : int
        Shards of a site; `parties * per_site` is at most the number of rows.
    seed : int, optional
        Makes the split repeatable.

    Examples
    --------
    >>> import numpy as np
    >>> from privml.federated import shards
    >>> sites = shards(np.zeros((8, 1)), [0, 0, 1, 1, 2, 2, 3, 3], 4, per_site=1, seed=1)
    >>> sorted(site.y.tolist() for site in sites)
    [[0, 0], [1, 1], [2, 2], [3, 3]]
    """
    features, targets = check_rows(X, y)
    check_int(per_site, "per_site", 1)
    _check_parties(parties, len(targets) // per_site)
    generator = np.random.default_rng(seed)
    # Rows of one class are in random order, so that a shard is no sample of how the table was sorted.
    shuffled = generator.permutation(len(targets))
    order = shuffled[np.argsort(targets[shuffled], kind="stable")]
    pieces = np.array_split(order, parties * per_site)
    dealt = generator.permutation(len(pieces)).reshape(parties, per_site)
    return _sites(features, targets, [np.concatenate([pieces[i] for i in own]) for own in dealt])


def dirichlet(
    X: ArrayLike, y: ArrayLike, parties: int, *, alpha: float, seed: int | None = None
) -> list[Site]:
    """
    Deal each class over the sites in shares drawn from a Dirichlet distribution.

    After Hsu, Qi, Brown (2019, arXiv:1909.06335) in the form with one draw for each class: the smaller
    `alpha`, the more the sites' class mixes (and sizes) differ.

    Parameters
    ----------
    X, y : array_like, shapes (n, k) and (n,)
        Features and classes.
    parties : int
        Number of sites.
    alpha : float
        Concentration, above 0. 0.1 is very uneven, 100 nearly even.
    seed : int, optional
        Makes the split repeatable.

    Raises
    ------
    ParameterError
        If `alpha` is not positive, or after a thousand draws some site had no row.

    Examples
    --------
    >>> import numpy as np
    >>> from privml.federated import dirichlet
    >>> sites = dirichlet(np.zeros((100, 1)), np.arange(100) % 2, 3, alpha=1.0, seed=1)
    >>> sum(len(site) for site in sites)
    100
    """
    features, targets = check_rows(X, y)
    _check_parties(parties, len(targets))
    if not 0 < alpha < float("inf"):
        raise ParameterError(f"alpha is {alpha}; allowed are finite numbers above 0")
    generator = np.random.default_rng(seed)
    for _ in range(_ATTEMPTS):
        parts: list[list[NDArray[np.int64]]] = [[] for _ in range(parties)]
        for label in np.unique(targets):
            rows = generator.permutation(np.flatnonzero(targets == label))
            shares = generator.dirichlet(np.full(parties, alpha))
            cuts = np.round(np.cumsum(shares)[:-1] * len(rows)).astype(np.int64)
            for part, piece in zip(parts, np.split(rows, cuts), strict=True):
                part.append(piece)
        joined = [np.concatenate(part) for part in parts]
        if all(len(part) for part in joined):
            return _sites(features, targets, joined)
    raise ParameterError(
        f"alpha is {alpha}: {_ATTEMPTS} draws all left one of {parties} sites without a row; "
        "take a larger alpha, fewer sites or more rows"
    )


def _check_parties(parties: int, most: int) -> None:
    check_int(parties, "parties", 1)
    if parties > most:
        raise ParameterError(f"parties is {parties}; the rows are enough for {most}")


def _sites(
    features: NDArray[np.float64], targets: NDArray[Any], parts: Sequence[NDArray[np.int64]]
) -> list[Site]:
    return [
        Site(f"site {number}", features[np.sort(part)], targets[np.sort(part)])
        for number, part in enumerate(parts, start=1)
    ]
