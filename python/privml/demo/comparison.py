"""Six ways to train one model on the same patients: pooled, alone, FedAvg and FedProx, clear and encrypted.

All of them do the same number of epochs over the data at the same learning rate, from the same start. What
differs is who sees what.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

import privml
from privml import federated
from privml.demo.events import (
    DemoEvent,
    DemoResult,
    EncryptionShown,
    HospitalSummary,
    KeyMade,
    Prepared,
    ReportWritten,
    RoundFinished,
    Row,
    RunFinished,
    RunStarted,
    StatisticsCombined,
)
from privml.demo.evidence import collect_evidence
from privml.demo.report import write_demo_report
from privml.demo.scores import accuracy, auc
from privml.demo.table import ATTRIBUTION, load_breast_cancer, split_hospitals, split_test
from privml.errors import FederatedError
from privml.federated import FedAvg, FedProx, LogisticRegression, PaillierSum, PlainSum, Site
from privml.federated.aggregation.messages import Message
from privml.paillier import PrivateKey

__all__ = ["run"]

_LEARNING_RATE = 0.1
_BATCH_SIZE = 32
_MU = 0.1


def run(
    bits: int = 3072,
    *,
    rounds: int = 20,
    epochs: int = 2,
    seed: int = 1,
    insecure_key_size: bool = False,
    out: str | os.PathLike[str] | None = None,
    force: bool = True,
    on_event: Callable[[DemoEvent], object] | None = None,
) -> DemoResult:
    """
    Train on real patients in six ways and compare.

    Parameters
    ----------
    bits : int
        Size of the hospitals' Paillier key.
    rounds : int
        Rounds of federated training.
    epochs : int
        Passes of a hospital over its patients in each round.
    seed : int
        Decides who goes to which hospital and the order of patients in training. Keys and the noise of
        encryption do not depend on it.
    insecure_key_size : bool
        Allow keys under 2048 bits, for tests.
    out : str or path-like, optional
        Folder for a report; made if it is not there.
    force : bool
        Replace a report that is already there.
    on_event : callable, optional
        Is called with each event of :data:`privml.demo.DemoEvent` as it happens. What it raises stops the
        run.

    Returns
    -------
    DemoResult
        The table, every round, and the signs that the encryption is on. ``result.agrees`` tells whether the
        encrypted runs gave the weights of the clear ones.

    Raises
    ------
    KeySizeError
        If `bits` is too small or too large.
    FileExistsError
        If `force` is false and a report is in the way.

    Notes
    -----
    The patients kept aside are held by the demonstration for scoring only: no hospital trains on them, and
    they play no part in standardising either.

    Examples
    --------
    >>> from privml import demo
    >>> result = demo.run(bits=1024, insecure_key_size=True, rounds=3)
    >>> result.agrees, result.row("fedavg-paillier").difference <= 1e-6
    (True, True)
    """
    started = time.perf_counter()
    tell = (lambda event: None) if on_event is None else on_event
    X, y, _ = load_breast_cancer()
    X_train, y_train, X_test, y_test = split_test(X, y, seed=seed)
    raw = split_hospitals(X_train, y_train, seed=seed)
    prepared = Prepared(
        hospitals=tuple(HospitalSummary(site.name, len(site.y), int(site.y.sum())) for site in raw),
        features=X.shape[1],
        test_patients=len(y_test),
        test_malignant=int(y_test.sum()),
        attribution=ATTRIBUTION,
    )
    tell(prepared)
    before = time.perf_counter()
    key = PrivateKey.generate(bits, insecure_key_size=insecure_key_size)
    made = KeyMade(bits, key.fingerprint, time.perf_counter() - before, insecure_key_size)
    tell(made)
    statistics, mean, scale = _combine_statistics(raw, key)
    tell(statistics)

    trial = _Trial(rounds, epochs, seed, y_test, tell)
    rows = [
        trial.local(
            "pooled", "Pooled (the unreachable ideal)", "pooled", Site("pooled", X_train, y_train), X_test
        )
    ]
    for site in raw:
        rows.append(trial.local(f"alone-{_slug(site.name)}", f"{site.name} alone", "alone", site, X_test))
    sites = [Site(site.name, (site.X - mean) / scale, site.y) for site in raw]
    test = (X_test - mean) / scale
    weights: dict[str, NDArray[np.float64]] = {}
    wire = _Wire(PaillierSum(key))
    for kind, how, aggregation in (
        ("federated", "in the clear", PlainSum()),
        ("encrypted", "encrypted", wire),
    ):
        for name, strategy in (("FedAvg", FedAvg()), ("FedProx", FedProx(mu=_MU))):
            short = name.lower() + ("-paillier" if kind == "encrypted" else "")
            row, trained = trial.federated(short, f"{name}, {how}", kind, sites, test, strategy, aggregation)
            weights[short] = trained
            if kind == "encrypted":
                row = replace(row, difference=float(np.abs(trained - weights[name.lower()]).max()))
            tell(RunFinished(row))
            rows.append(row)
    message = wire.first
    if message is None:
        raise FederatedError("the server received nothing")
    shown = collect_evidence(
        Message.from_bytes(message.data).payload,
        message_bytes=len(message.data),
        hospital=message.site,
        number=1,
        key=key,
        insecure_key_size=insecure_key_size,
    )
    tell(EncryptionShown(shown))
    result = DemoResult(
        prepared=prepared,
        key=made,
        statistics=statistics,
        rows=tuple(rows),
        rounds=tuple(trial.finished),
        evidence=shown,
        seconds=time.perf_counter() - started,
        backend=privml.backend(),
    )
    if out is not None:
        paths = write_demo_report(result, out, force=force)
        result = replace(result, report=paths)
        tell(ReportWritten(paths, bool(paths.pictures)))
    return result


@dataclass
class _Trial:
    """Trains in one way after another, scores, and tells."""

    rounds: int
    epochs: int
    seed: int
    y_test: NDArray[np.int64]
    tell: Callable[[DemoEvent], object]
    finished: list[RoundFinished] = field(default_factory=list)

    def local(self, key: str, label: str, kind: str, site: Site, X_test: NDArray[np.float64]) -> Row:
        """Train where the rows are, with nobody else; standardised by what these rows say."""
        self.tell(RunStarted(key, label, 0, False))
        mean, scale = site.X.mean(axis=0), site.X.std(axis=0)
        model = LogisticRegression(site.X.shape[1])
        before = time.perf_counter()
        model.fit(
            (site.X - mean) / scale,
            site.y,
            epochs=self.rounds * self.epochs,
            batch_size=_BATCH_SIZE,
            learning_rate=_LEARNING_RATE,
            seed=self.seed,
        )
        seconds = time.perf_counter() - before
        row = Row(key, label, kind, *self._scores(model, (X_test - mean) / scale), seconds)
        self.tell(RunFinished(row))
        return row

    def federated(
        self,
        key: str,
        label: str,
        kind: str,
        sites: Sequence[Site],
        X_test: NDArray[np.float64],
        strategy: Any,
        aggregation: Any,
    ) -> tuple[Row, NDArray[np.float64]]:
        """Train over the sites."""
        encrypted = kind == "encrypted"
        self.tell(RunStarted(key, label, self.rounds, encrypted))

        def after(record: Any) -> None:
            event = RoundFinished(
                key,
                label,
                record.round,
                self.rounds,
                record.loss,
                record.accuracy,
                encrypted,
                record.bytes_up,
                record.bytes_down,
                record.seconds,
            )
            self.finished.append(event)
            self.tell(event)

        before = time.perf_counter()
        model = LogisticRegression(X_test.shape[1])
        history = federated.train(
            model,
            sites,
            strategy=strategy,
            aggregation=aggregation,
            rounds=self.rounds,
            epochs=self.epochs,
            batch_size=_BATCH_SIZE,
            learning_rate=_LEARNING_RATE,
            seed=self.seed,
            on_round=after,
        )
        seconds = time.perf_counter() - before
        records = history.rounds
        row = Row(
            key,
            label,
            kind,
            *self._scores(history.model, X_test),
            seconds,
            len(records),
            float(np.mean([record.bytes_up for record in records])),
            float(np.mean([record.bytes_down for record in records])),
        )
        return row, np.concatenate([np.ravel(part) for part in history.model.weights])

    def _scores(self, model: LogisticRegression, X: NDArray[np.float64]) -> tuple[float, float]:
        chance = np.ravel(model.predict_proba(X))
        return accuracy(self.y_test, model.predict(X)), auc(self.y_test, chance)


def _combine_statistics(
    sites: Sequence[Site], key: PrivateKey
) -> tuple[StatisticsCombined, NDArray[np.float64], NDArray[np.float64]]:
    """Mean and deviation of each feature over all sites, added up under encryption."""
    before = time.perf_counter()
    combiner = federated.SumCombiner(PaillierSum(key), names=[site.name for site in sites])
    _, mean, variance = combiner.moments([site.X for site in sites])
    return StatisticsCombined(time.perf_counter() - before, combiner.bytes_up), mean, np.sqrt(variance)


@dataclass(frozen=True)
class _Message:
    """One message as the server got it."""

    site: str
    data: bytes


class _Wire:
    """An aggregation that hands everything on, and keeps the first message that the server half is given."""

    def __init__(self, inner: PaillierSum) -> None:
        self._inner = inner
        self.first: _Message | None = None

    def site_half(self) -> Any:
        return self._inner.site_half()

    def server_half(self) -> Any:
        return _Server(self, self._inner.server_half())

    def decryptor_half(self) -> Any:
        return self._inner.decryptor_half()


class _Server:
    def __init__(self, wire: _Wire, inner: Any) -> None:
        self._wire = wire
        self._inner = inner

    def combine(self, messages: Mapping[str, bytes]) -> bytes:
        if self._wire.first is None:
            name, data = next(iter(messages.items()))
            self._wire.first = _Message(name, data)
        combined: bytes = self._inner.combine(messages)
        return combined


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")
