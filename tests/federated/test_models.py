"""The ready models: gradients against differences, training against closed forms and scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from privml.demo import load_breast_cancer
from privml.errors import NotFiniteError, ParameterError, PrivmlError, ShapeError
from privml.federated import MLP, LinearRegression, LogisticRegression, Model, SoftmaxRegression
from sklearn.linear_model import LogisticRegression as Reference

RNG = np.random.default_rng(11)
X = RNG.normal(size=(40, 3))
MODELS = [
    (LinearRegression(3), X @ [1.0, -2.0, 0.5] + 0.3),
    (LogisticRegression(3), (X[:, 0] + X[:, 1] > 0).astype(int)),
    (SoftmaxRegression(3, 3), X.argmax(axis=1)),
    (MLP([3, 5, 3], seed=1), X.argmax(axis=1)),
    (MLP([3, 4, 4, 1], seed=1), X[:, 0] * X[:, 1]),
]


@pytest.fixture(params=MODELS, ids=lambda pair: repr(pair[0]))
def case(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    """Return a model with random weights, and targets for it."""
    model, y = request.param
    model = model.copy()
    model.weights = [part + RNG.normal(scale=0.3, size=part.shape) for part in model.weights]
    return model, y


def test_one_step_follows_the_gradient_of_the_loss(case: tuple[Any, Any]) -> None:
    model, y = case
    before = model.weights
    after = model.copy().fit(X, y, batch_size=None, learning_rate=1.0).weights
    step = 1e-5
    for index, part in enumerate(before):
        slope = np.zeros_like(part)
        for at in np.ndindex(part.shape):
            losses = []
            for sign in (1, -1):
                moved = [array.copy() for array in before]
                moved[index][at] += sign * step
                twin = model.copy()
                twin.weights = moved
                losses.append(twin.loss(X, y))
            slope[at] = (losses[0] - losses[1]) / (2 * step)
        np.testing.assert_allclose(part - after[index], slope, rtol=1e-5, atol=1e-7)


def test_the_proximal_term_is_that_of_the_paper(case: tuple[Any, Any]) -> None:
    # Two full steps by hand: the term is 0 in the first and mu * (w - w_0) in the second.
    model, y = case
    mu, rate = 0.7, 0.1
    start = model.weights
    first = model.copy().fit(X, y, batch_size=None, learning_rate=rate).weights
    second = model.copy()
    second.weights = first
    plain = second.fit(X, y, batch_size=None, learning_rate=rate).weights
    got = model.copy().fit(X, y, epochs=2, batch_size=None, learning_rate=rate, mu=mu).weights
    for w0, w1, w2, found in zip(start, first, plain, got, strict=True):
        np.testing.assert_allclose(found, w2 - rate * mu * (w1 - w0), rtol=1e-12, atol=1e-14)


def test_satisfies_the_protocol_and_copies(case: tuple[Any, Any]) -> None:
    model, y = case
    assert isinstance(model, Model)
    assert len(model.weight_names) == len(model.weights)
    twin = model.copy().fit(X, y)
    assert any((a != b).any() for a, b in zip(model.weights, twin.weights, strict=True))
    model.weights[0][...] = 7.0
    assert (model.weights[0] != 7.0).any()
    assert model.predict(X).shape == (len(X),)


def test_seed_decides_the_order_of_rows(case: tuple[Any, Any]) -> None:
    model, y = case
    runs = [model.copy().fit(X, y, batch_size=4, seed=seed).weights for seed in (1, 1, 2)]
    for one, two, three in zip(*runs, strict=True):
        np.testing.assert_array_equal(one, two)
        assert (one != three).any()


def test_logistic_regression_finds_what_scikit_learn_finds() -> None:
    features, labels, _ = load_breast_cancer()
    features = ((features - features.mean(axis=0)) / features.std(axis=0))[:, [1, 4, 8]]
    reference = Reference(C=np.inf, tol=1e-10, max_iter=10_000).fit(features, labels)
    model = LogisticRegression(3).fit(features, labels, epochs=3000, batch_size=None, learning_rate=2.0)
    np.testing.assert_allclose(model.weights[0], reference.coef_[0], rtol=1e-4)
    np.testing.assert_allclose(model.weights[1], reference.intercept_, rtol=1e-4)
    np.testing.assert_allclose(
        model.predict_proba(features), reference.predict_proba(features)[:, 1], rtol=1e-3
    )


def test_linear_regression_finds_the_least_squares() -> None:
    noisy = X @ [1.0, -2.0, 0.5] + RNG.normal(size=len(X))
    exact, *_ = np.linalg.lstsq(np.c_[X, np.ones(len(X))], noisy, rcond=None)
    model = LinearRegression(3).fit(X, noisy, epochs=2000, batch_size=None)
    np.testing.assert_allclose(np.concatenate(model.weights), exact, rtol=1e-8)
    assert model.accuracy(X, noisy) is None


def test_extreme_scores_stay_finite() -> None:
    model = LogisticRegression(1)
    model.weights = [np.array([1e6]), np.array([0.0])]
    assert model.loss([[1.0], [-1.0]], [0, 1]) == pytest.approx(1e6)
    assert model.predict_proba([[1.0], [-1.0]]).tolist() == [1.0, 0.0]
    soft = SoftmaxRegression(1, 2)
    soft.weights = [np.array([[1e6, -1e6]]), np.zeros(2)]
    assert soft.loss([[1.0]], [1]) == pytest.approx(2e6)


@pytest.mark.parametrize(
    ("rows", "targets", "error", "message"),
    [
        ([[1.0, 2.0]], [0], ShapeError, "2 columns and the model 3"),
        ([1.0, 2.0, 3.0], [0], ShapeError, "shape"),
        ([[1.0, 2.0, 3.0]], [0, 1], ShapeError, "shape"),
        (np.empty((0, 3)), [], ShapeError, "no row"),
        ([[1.0, np.nan, 3.0]], [0], NotFiniteError, r"X\[0, 1\]"),
        ([[1.0, 2.0, 3.0]], [2], ParameterError, r"y\[0\] is no class"),
        ([[1.0, 2.0, 3.0]], [0.5], ParameterError, r"y\[0\] is no class"),
        ([[1.0, 2.0, 3.0]], [1e300], ParameterError, r"y\[0\] is no class"),
        ([[1.0, 2.0, 3.0]], [-1], ParameterError, r"y\[0\] is no class"),
        ([[1.0, 2.0, 3.0]], ["a"], TypeError, "dtype"),
    ],
)
def test_rows_that_are_refused(rows: Any, targets: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        LogisticRegression(3).fit(rows, targets)


@pytest.mark.parametrize(
    "make",
    [
        lambda: LinearRegression(0),
        lambda: SoftmaxRegression(3, 1),
        lambda: MLP([3]),
        lambda: MLP([3, 0, 2]),
        lambda: LogisticRegression(3).fit(X, MODELS[1][1], epochs=0),
        lambda: LogisticRegression(3).fit(X, MODELS[1][1], batch_size=0),
        lambda: LogisticRegression(3).fit(X, MODELS[1][1], learning_rate=float("nan")),
        lambda: setattr(LogisticRegression(3), "weights", [np.zeros(2), np.zeros(1)]),
        lambda: setattr(LogisticRegression(3), "weights", [np.full(3, np.inf), np.zeros(1)]),
        lambda: MLP([3, 1]).predict_proba(X),
    ],
)
def test_parameters_that_are_refused(make: Any) -> None:
    with pytest.raises(PrivmlError):
        make()
