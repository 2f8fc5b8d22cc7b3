"""What a training leaves behind."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from privml import federated
from privml.errors import MissingPackageError


@pytest.fixture(scope="module")
def history() -> federated.History[Any]:
    """Return a short training's history."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(60, 3))
    sites = federated.iid(X, (X[:, 0] > 0).astype(int), 4, seed=1)
    return federated.train(
        federated.LogisticRegression(3), sites, strategy=federated.FedProx(0.1), rounds=4, seed=1
    )


def test_dictionary_is_plain_json(history: federated.History[Any]) -> None:
    value = json.loads(json.dumps(history.to_dict()))
    assert [record["round"] for record in value["rounds"]] == [1, 2, 3, 4]
    assert value["settings"]["strategy"] == "FedProx(mu=0.1)"
    assert value["settings"]["sites"] == ["site 1", "site 2", "site 3", "site 4"]
    assert value["rounds"][0]["participants"] == ["site 1", "site 2", "site 3", "site 4"]


def test_repr_is_one_line(history: federated.History[Any]) -> None:
    last = history.rounds[-1]
    up, down = sum(r.bytes_up for r in history.rounds), sum(r.bytes_down for r in history.rounds)
    assert repr(history) == (
        f"History(LogisticRegression, 4 rounds, loss {last.loss:.4g}, accuracy {last.accuracy:.1%}, "
        f"{up} bytes up, {down} bytes down)"
    )
    linear = federated.LinearRegression(3)
    without = replace(last, accuracy=None)
    assert re.fullmatch(
        r"History\(LinearRegression, 1 round, loss [\d.]+, \d+ bytes up, \d+ bytes down\)",
        repr(federated.History(linear, (without,), {})),
    )


def test_frame(history: federated.History[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas")
    frame = history.to_frame()
    assert frame.index.tolist() == [1, 2, 3, 4]
    assert frame["loss"].is_monotonic_decreasing
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingPackageError, match="pip install pandas"):
        history.to_frame()


def test_plot(history: federated.History[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    figure = history.plot()
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Loss", "Accuracy"]
    assert figure.axes[0].lines[0].get_ydata()[-1] == history.rounds[-1].loss
    import matplotlib.pyplot

    matplotlib.pyplot.close(figure)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingPackageError, match="pip install"):
        history.plot()
