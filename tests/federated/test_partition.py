"""Dealing rows to sites: every row once, the shape that was asked for, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from privml.errors import ParameterError, PrivmlError, ShapeError
from privml.federated import Site, by_column, dirichlet, iid, shards

ROWS = 300
X = np.arange(2.0 * ROWS).reshape(ROWS, 2)
Y = np.arange(ROWS) % 10
SPLITS: dict[str, Callable[..., list[Site]]] = {
    "iid": lambda seed: iid(X, Y, 7, seed=seed),
    "shards": lambda seed: shards(X, Y, 7, seed=seed),
    "dirichlet": lambda seed: dirichlet(X, Y, 7, alpha=0.5, seed=seed),
    "by_column": lambda seed: by_column(X, Y, Y // 3),
}


@pytest.mark.parametrize("split", SPLITS.values(), ids=SPLITS)
def test_every_row_goes_to_one_site(split: Callable[..., list[Site]]) -> None:
    sites = split(3)
    rows = np.concatenate([site.X[:, 0] for site in sites])
    np.testing.assert_array_equal(np.sort(rows), X[:, 0])
    for site in sites:
        np.testing.assert_array_equal(site.y, (site.X[:, 0] / 2).astype(int) % 10)
        assert len(site) >= 1
    assert len({site.name for site in sites}) == len(sites)
    again = split(3)
    assert [site.X.tolist() for site in sites] == [site.X.tolist() for site in again]


@pytest.mark.parametrize("name", ["iid", "shards", "dirichlet"])
def test_the_seed_decides(name: str) -> None:
    one, two = SPLITS[name](1), SPLITS[name](2)
    assert [site.X.tolist() for site in one] != [site.X.tolist() for site in two]


def test_shards_leave_few_classes_to_a_site() -> None:
    assert all(len(np.unique(site.y)) <= 4 for site in shards(X, Y, 10, per_site=2, seed=1))


def test_small_alpha_is_uneven_and_large_alpha_is_not() -> None:
    def spread(alpha: float) -> float:
        sites = dirichlet(X, Y, 5, alpha=alpha, seed=4)
        return float(np.mean([np.bincount(site.y, minlength=10).std() for site in sites]))

    assert spread(0.2) > 2 * spread(1000.0)


def test_a_column_of_x_is_no_feature_any_more() -> None:
    table = np.array([[1.0, 7.0], [2.0, 8.5], [3.0, 7.0]])
    sites = by_column(table, [0, 1, 1], 1)
    assert [(site.name, site.X.tolist()) for site in sites] == [("7", [[1.0], [3.0]]), ("8.5", [[2.0]])]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: iid(X, Y, ROWS + 1), ParameterError),
        (lambda: iid(X, Y, 0), ParameterError),
        (lambda: iid(X, Y[:-1], 3), ShapeError),
        (lambda: shards(X, Y, 100, per_site=4), ParameterError),
        (lambda: dirichlet(X, Y, 3, alpha=0.0), ParameterError),
        (lambda: dirichlet(X[:8], Y[:8], 8, alpha=1e-3, seed=1), ParameterError),
        (lambda: by_column(X, Y, 2), ShapeError),
        (lambda: by_column(X, Y, ["a"]), ShapeError),
        (lambda: by_column(X, Y, [""] * ROWS), ParameterError),
        (lambda: Site("", X, Y), ParameterError),
        (lambda: Site("ä" * 128, X, Y), ParameterError),
        (lambda: Site("\ud800", X, Y), ParameterError),
        (lambda: Site("a", np.where(X == 3, np.inf, X), Y), PrivmlError),
        (lambda: Site("a", X, [2**70] * ROWS), ParameterError),
    ],
)
def test_refused(call: Callable[[], Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        call()


def test_repr_shows_no_data() -> None:
    assert repr(Site("north", [[123.5]], [1])) == "Site('north', 1 rows, 1 features)"
