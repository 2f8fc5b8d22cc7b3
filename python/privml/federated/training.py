"""Rounds of local training and averaging, all parties simulated in one process.

Each round: choose sites; each trains a copy of the model on its rows and protects the weights it ends with;
the server half combines the messages; the sites open the combination and take the mean as their new model.
Metrics of the new model over all sites' rows are combined the same way.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic

import numpy as np

from privml._progress import Progress, reporting
from privml.encoding import check_int
from privml.errors import ParameterError, PrivmlError
from privml.federated.aggregation import Aggregation, Exchange, Layout, Opened, PlainSum, Purpose
from privml.federated.aggregation.interface import new_session
from privml.federated.arguments import check_aggregation, check_model, check_sites, check_strategy
from privml.federated.history import History, ModelT, Round
from privml.federated.site import Site
from privml.federated.strategy import FedAvg, Strategy

__all__ = ["train"]


def train(
    model: ModelT,
    sites: Sequence[Site],
    *,
    strategy: Strategy | None = None,
    aggregation: Aggregation | None = None,
    rounds: int = 10,
    epochs: int = 1,
    batch_size: int | None = 32,
    learning_rate: float = 0.1,
    fraction: float = 1.0,
    stragglers: float = 0.0,
    min_sites: int = 3,
    seed: int | None = None,
    progress: Progress = None,
    on_round: Callable[[Round], object] | None = None,
) -> History[ModelT]:
    """
    Train one model over several sites; no row leaves its site.

    Parameters
    ----------
    model : Model
        What to train; it is copied, and its weights are where training begins.
    sites : sequence of Site
        The parties, of different names.
    strategy : Strategy, optional
        :class:`FedAvg` (the default) or :class:`FedProx`.
    aggregation : Aggregation, optional
        :class:`PlainSum` (the default: the server sees every update) or :class:`PaillierSum`.
    rounds : int
        Rounds of training and averaging.
    epochs : int
        Passes of a site over its rows in a round.
    batch_size : int or None
        Rows of a gradient step; None takes all of a site's at once.
    learning_rate : float
        Length of a step.
    fraction : float
        Part of the sites that take part in a round, in (0, 1]: drawn uniformly without replacement, at least
        `min_sites`.
    stragglers : float
        Part of a round's sites, in [0, 1], that do only 1 to `epochs - 1` epochs (drawn uniformly). FedProx
        keeps their work, FedAvg drops it.
    min_sites : int
        Sums over fewer sites are not opened: with two, each would learn the other's update. A round left with
        fewer keeps the model as it was and is recorded.
    seed : int, optional
        Makes sampling and the order of rows repeatable; keys and the noise of encryption never depend on it.
    progress : bool or callable, optional
        True shows a line on the standard error; a callable gets `(rounds done, rounds)`, and may cancel by
        raising.
    on_round : callable, optional
        Is called with each :class:`Round` when it is over, and may cancel by raising.

    Returns
    -------
    History
        The trained model and the record of every round.

    Raises
    ------
    UnsupportedOperationError
        If model, sites, strategy or aggregation are of another type: a TypeError.
    ParameterError
        If a parameter is out of range, names repeat, there are fewer sites than `min_sites`, or stragglers
        are asked for with one epoch.
    ShapeError, ParameterError
        If a site's rows do not fit the model; the message names the site.
    EncodingOverflowError, NotFiniteError
        If a weight is beyond what the aggregation encodes, or training ran away; the message names site,
        round and parameter.

    Notes
    -----
    The sites learn the model after every round and the combined metrics. What the server learns is the
    aggregation's matter. Reports and `History` hold what the sites know.

    References
    ----------
    McMahan et al., AISTATS 2017 (FedAvg); Li et al., MLSys 2020 (FedProx).

    Examples
    --------
    >>> import numpy as np
    >>> from privml import federated
    >>> rng = np.random.default_rng(1)
    >>> X = rng.normal(size=(90, 2))
    >>> sites = federated.iid(X, X @ [1.0, -2.0] + 0.5, 3, seed=1)
    >>> history = federated.train(federated.LinearRegression(2), sites, rounds=100, seed=1)
    >>> [part.round(2).tolist() for part in history.model.weights]
    [[1.0, -2.0], [0.5]]
    """
    plan = _Plan(
        FedAvg() if strategy is None else check_strategy(strategy),
        PlainSum() if aggregation is None else check_aggregation(aggregation),
        check_int(rounds, "rounds", 1),
        check_int(epochs, "epochs", 1),
        batch_size if batch_size is None else check_int(batch_size, "batch_size", 1),
        learning_rate,
        fraction,
        stragglers,
        check_int(min_sites, "min_sites", 1),
        seed,
    )
    check_model(model)
    run = _Run(model.copy(), check_sites(sites), plan)
    records = []
    with reporting(progress, "training") as callback:
        for number in range(1, plan.rounds + 1):
            records.append(run.round(number))
            if on_round is not None:
                on_round(records[-1])
            if callback is not None:
                callback(number, plan.rounds)
    return History(run.model, tuple(records), plan.describe(run.sites))


@dataclass(frozen=True)
class _Plan:
    """The arguments of a training, checked."""

    strategy: Strategy
    aggregation: Aggregation
    rounds: int
    epochs: int
    batch_size: int | None
    learning_rate: float
    fraction: float
    stragglers: float
    min_sites: int
    seed: int | None
    root: np.random.SeedSequence = field(init=False)

    def __post_init__(self) -> None:
        rate = self.learning_rate
        if not (isinstance(rate, int | float) and 0 < rate < math.inf):
            raise ParameterError(f"learning_rate is {rate!r}; allowed are finite numbers above 0")
        if not 0 < self.fraction <= 1:
            raise ParameterError(f"fraction is {self.fraction}; allowed are numbers above 0 up to 1")
        if not 0 <= self.stragglers <= 1:
            raise ParameterError(f"stragglers is {self.stragglers}; allowed are numbers from 0 to 1")
        if self.stragglers > 0 and self.epochs < 2:
            raise ParameterError("epochs is 1: a straggler does fewer, and there are none; take 2 or more")
        if self.seed is not None:
            check_int(self.seed, "seed", 0)
        object.__setattr__(self, "root", np.random.SeedSequence(self.seed))

    def stream(self, *place: int) -> np.random.SeedSequence:
        """Return the seed of one round, or of one site in it: it depends on nothing else."""
        return np.random.SeedSequence(self.root.entropy, spawn_key=place)

    def describe(self, sites: Sequence[Site]) -> dict[str, object]:
        """Say what was asked for."""
        return {
            "strategy": repr(self.strategy),
            "aggregation": repr(self.aggregation),
            "sites": [site.name for site in sites],
            "rounds": self.rounds,
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "fraction": self.fraction,
            "stragglers": self.stragglers,
            "min_sites": self.min_sites,
            "seed": self.seed,
        }


class _Run(Generic[ModelT]):
    """The parties of one training."""

    def __init__(self, model: ModelT, sites: list[Site], plan: _Plan) -> None:
        names = [site.name for site in sites]
        if len(set(names)) != len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ParameterError(f"two sites are called {twice!r}; names must differ")
        if len(sites) < plan.min_sites:
            raise ParameterError(
                f"there are {len(sites)} sites and min_sites is {plan.min_sites}: with fewer than 3, a site "
                "could work out another one's update from the sum"
            )
        for site in sites:
            try:
                model.check(site.X, site.y)
            except PrivmlError as error:
                raise type(error)(f"site {site.name!r}: {error}") from None
        self.model = model
        self.sites = sites
        self.plan = plan
        # Every site runs a half of its own in a deployment. Halves keep nothing between calls, so that one
        # object stands for all of them here, and one opening for the same opening by each.
        self._site = plan.aggregation.site_half()
        self._server = plan.aggregation.server_half()
        self._decryptor = plan.aggregation.decryptor_half()
        self._session = new_session()
        shapes = tuple(part.shape for part in model.weights)
        self._weights = Layout(model.weight_names, shapes)
        measured = model.accuracy(sites[0].X, sites[0].y)
        metrics = ("loss",) if measured is None else ("loss", "accuracy")
        self._metrics = Layout(metrics, tuple(() for _ in metrics))
        self._bytes_up = 0
        self._bytes_down = 0

    def round(self, number: int) -> Round:
        """Run one round."""
        begun = time.perf_counter()
        self._bytes_up = self._bytes_down = 0
        chosen, slow = self._choose(number)
        dropped = set() if self.plan.strategy.keeps_partial_work else set(slow)
        working = [index for index in chosen if index not in dropped]
        if len(working) < self.plan.min_sites:
            dropped, working = set(chosen), []
        else:
            self._average(number, working, slow)
        loss, accuracy = self._measure(number)
        return Round(
            number,
            loss,
            accuracy,
            self._names(working),
            self._names(slow),
            self._names(dropped),
            self._bytes_up,
            self._bytes_down,
            time.perf_counter() - begun,
        )

    def _names(self, indices: Sequence[int] | set[int] | Mapping[int, int]) -> tuple[str, ...]:
        return tuple(self.sites[index].name for index in sorted(indices))

    def _choose(self, number: int) -> tuple[list[int], dict[int, int]]:
        """Draw the round's sites, and the stragglers among them with the epochs that they manage."""
        plan = self.plan
        generator = np.random.default_rng(plan.stream(number))
        count = max(plan.min_sites, round(plan.fraction * len(self.sites)))
        chosen = sorted(generator.choice(len(self.sites), size=count, replace=False).tolist())
        late = generator.choice(chosen, size=round(plan.stragglers * count), replace=False).tolist()
        return chosen, {index: int(generator.integers(1, plan.epochs)) for index in sorted(late)}

    def _average(self, number: int, working: Sequence[int], slow: Mapping[int, int]) -> None:
        plan = self.plan
        exchange = self._exchange(number, Purpose.WEIGHTS, self._weights)
        messages = {}
        for index in working:
            site = self.sites[index]
            local = self.model.copy().fit(
                site.X,
                site.y,
                epochs=slow.get(index, plan.epochs),
                batch_size=plan.batch_size,
                learning_rate=plan.learning_rate,
                seed=plan.stream(number, index),
                mu=plan.strategy.mu,
            )
            vector = self._weights.flatten(local.weights)
            messages[site.name] = self._site.protect(exchange, site.name, vector, len(site))
        self.model.weights = self._weights.split(self._combine(exchange, messages).mean)

    def _measure(self, number: int) -> tuple[float, float | None]:
        """Metrics of the present model over all sites' rows."""
        exchange = self._exchange(number, Purpose.METRICS, self._metrics)
        messages = {}
        for site in self.sites:
            values = [self.model.loss(site.X, site.y)]
            if len(self._metrics.names) > 1:
                values.append(self.model.accuracy(site.X, site.y) or 0.0)
            messages[site.name] = self._site.protect(exchange, site.name, np.array(values), len(site))
        loss, *accuracy = self._combine(exchange, messages).mean.tolist()
        return loss, accuracy[0] if accuracy else None

    def _exchange(self, number: int, purpose: Purpose, layout: Layout) -> Exchange:
        return Exchange(number, purpose, layout, len(self.sites), self.plan.min_sites, self._session)

    def _combine(self, exchange: Exchange, messages: Mapping[str, bytes]) -> Opened:
        """Send the messages to the server half, and what it combined to whoever opens it."""
        self._bytes_up += sum(map(len, messages.values()))
        combined = self._server.combine(messages)
        if self._decryptor is not None:
            self._bytes_down += len(combined)
            combined = self._decryptor.open(exchange, combined)
        self._bytes_down += len(combined) * len(self.sites)
        return self._site.open(exchange, combined)
