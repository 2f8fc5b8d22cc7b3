"""Rounds: against the published algorithms done by hand, and what happens when sites fail to deliver."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from privml import federated, paillier
from privml.errors import (
    EncodingOverflowError,
    NotFiniteError,
    ParameterError,
    PrivmlError,
    UnsupportedOperationError,
)
from privml.federated import (
    FedAvg,
    FedProx,
    LinearRegression,
    LogisticRegression,
    PaillierSum,
    PlainSum,
    Site,
)

RNG = np.random.default_rng(5)
X = RNG.normal(size=(200, 4))
Y = (X @ [1.0, -1.0, 0.5, 0.0] + 0.3 * RNG.normal(size=200) > 0).astype(int)


def sites(count: int = 5) -> list[Site]:
    return federated.dirichlet(X, Y, count, alpha=1.0, seed=2)


def flat(history: Any) -> Any:
    return np.concatenate([part.ravel() for part in history.model.weights])


def train(**changes: Any) -> federated.History[LogisticRegression]:
    arguments: dict[str, Any] = {"rounds": 3, "epochs": 2, "batch_size": 16, "seed": 1}
    return federated.train(LogisticRegression(4), changes.pop("at", sites()), **arguments | changes)


def test_a_round_of_fedavg_with_one_full_step_is_a_step_on_the_pooled_rows() -> None:
    # McMahan et al., section 2: averaging by counts makes one full-batch step FedSGD's.
    pooled = LogisticRegression(4).fit(X, Y, batch_size=None)
    history = train(rounds=1, epochs=1, batch_size=None)
    np.testing.assert_allclose(flat(history), np.concatenate(pooled.weights), rtol=1e-12)


def test_metrics_are_those_of_the_pooled_rows() -> None:
    history = train()
    last = history.rounds[-1]
    assert last.loss == pytest.approx(history.model.loss(X, Y), rel=1e-12)
    assert last.accuracy == pytest.approx(history.model.accuracy(X, Y), rel=1e-12)
    linear = federated.train(LinearRegression(4), sites(), rounds=1, seed=1)
    assert linear.rounds[0].accuracy is None


def test_fedprox_without_the_term_is_fedavg_and_with_it_stays_nearer() -> None:
    plain, zero, held = (flat(train(strategy=s, epochs=20)) for s in (FedAvg(), FedProx(0.0), FedProx(5.0)))
    np.testing.assert_array_equal(plain, zero)
    assert np.abs(held).sum() < np.abs(plain).sum()


def test_the_model_that_is_given_stays_as_it_is() -> None:
    model = LogisticRegression(4)
    federated.train(model, sites(), rounds=1, seed=1)
    assert not model.weights[0].any()


def test_the_seed_decides_everything_and_nothing_else_does(key: paillier.PrivateKey) -> None:
    some = {"fraction": 0.6, "stragglers": 0.5, "strategy": FedProx(0.1)}
    one, two, other = train(**some), train(**some), train(**some | {"seed": 2})
    np.testing.assert_array_equal(flat(one), flat(two))
    assert (flat(one) != flat(other)).any()
    encrypted = train(**some, aggregation=PaillierSum(key))
    for left, right in zip(one.rounds, encrypted.rounds, strict=True):
        assert (left.participants, left.stragglers) == (right.participants, right.stragglers)
    assert train(seed=None).rounds


@pytest.mark.parametrize("decryptor", [None, "board"])
@pytest.mark.parametrize("strategy", [FedAvg(), FedProx(0.5)], ids=repr)
def test_encryption_changes_weights_by_rounding_only(
    key: paillier.PrivateKey, strategy: Any, decryptor: str | None
) -> None:
    clear = train(strategy=strategy)
    hidden = train(strategy=strategy, aggregation=PaillierSum(key, decryptor=decryptor))
    assert np.abs(flat(clear) - flat(hidden)).max() < 1e-9
    for one, two in zip(clear.rounds, hidden.rounds, strict=True):
        assert two.loss == pytest.approx(one.loss, abs=1e-9)
        assert two.accuracy == pytest.approx(one.accuracy, abs=1e-12)
        assert two.bytes_up > one.bytes_up


def test_the_server_half_is_handed_bytes_of_ciphertexts_alone(key: paillier.PrivateKey) -> None:
    """Everything that crosses to the server: bytes, in which only ciphertexts depend on data."""
    crossed: list[dict[str, bytes]] = []

    class Spy:
        def __init__(self, inner: PaillierSum) -> None:
            self._inner = inner
            self.site_half = inner.site_half
            self.decryptor_half = inner.decryptor_half

        def server_half(self) -> Any:
            server = self._inner.server_half()

            class Half:
                def combine(self, messages: dict[str, bytes]) -> bytes:
                    crossed.append(dict(messages))
                    return server.combine(messages)

            return Half()

    width = 2 * 8 * -(-key.bits // 64)
    heads = []
    for scale in (1.0, 3.0):  # other rows, other labels, other counts
        crossed.clear()
        own = [Site(s.name, scale * s.X[: 10 + 5 * int(scale)], s.y[: 10 + 5 * int(scale)]) for s in sites(3)]
        history = train(at=own, aggregation=Spy(PaillierSum(key)))
        assert len(crossed) == 2 * len(history.rounds)
        assert history.rounds[0].bytes_up == sum(len(data) for sent in crossed[:2] for data in sent.values())
        head = []
        for messages in crossed:
            assert set(messages) == {site.name for site in own}
            for data in messages.values():
                assert type(data) is bytes
                payload = federated.aggregation.messages.Message.from_bytes(data).payload
                array = paillier.PackedArray.from_bytes(payload, key.public_key)
                cut = len(data) - array.ciphertexts * width
                # After the magic comes the session's random name; all else is the same whatever the rows.
                head.append(data[:11] + data[27:cut])
        heads.append(head)
    assert heads[0] == heads[1]


def test_sampling_is_without_replacement_and_never_under_min_sites() -> None:
    history = train(at=sites(10), fraction=0.5, rounds=30)
    seen = [record.participants for record in history.rounds]
    assert {len(names) for names in seen} == {5}
    assert all(len(set(names)) == 5 for names in seen)
    assert len(set(seen)) > 15
    counts = {name: sum(name in names for names in seen) for name in (f"site {i}" for i in range(1, 11))}
    assert min(counts.values()) >= 5
    assert {len(r.participants) for r in train(at=sites(10), fraction=0.01).rounds} == {3}


def test_stragglers_are_kept_by_fedprox_and_dropped_by_fedavg() -> None:
    some = {"at": sites(8), "epochs": 5, "stragglers": 0.5}
    for record in train(**some, strategy=FedProx(0.1)).rounds:
        assert len(record.participants) == 8
        assert len(record.stragglers) == 4
        assert record.dropped == ()
    for record in train(**some, strategy=FedAvg()).rounds:
        assert len(record.participants) == 4
        assert set(record.participants).isdisjoint(record.stragglers)
        assert record.dropped == record.stragglers


def test_partial_work_is_what_is_averaged() -> None:
    # With two epochs a straggler does exactly one: the round can be repeated by hand.
    own = sites(3)
    history = train(at=own, rounds=1, strategy=FedProx(0.3), stragglers=0.34)
    (late,) = history.rounds[0].stragglers
    total = np.zeros(5)
    for index, site in enumerate(own):
        local = LogisticRegression(4).fit(
            site.X,
            site.y,
            epochs=1 if site.name == late else 2,
            batch_size=16,
            seed=np.random.SeedSequence(1, spawn_key=(1, index)),
            mu=0.3,
        )
        total += len(site) * np.concatenate(local.weights)
    np.testing.assert_allclose(flat(history), total / 200, rtol=1e-12)


def test_a_round_with_too_few_sites_changes_nothing_and_is_recorded() -> None:
    history = train(at=sites(4), stragglers=0.5)
    for record in history.rounds:
        assert record.participants == ()
        assert len(record.dropped) == 4
        assert record.loss == pytest.approx(np.log(2))
    assert not flat(history).any()


def test_few_sites_must_be_asked_for() -> None:
    with pytest.raises(ParameterError, match="min_sites is 3"):
        train(at=sites(2))
    assert train(at=sites(2), min_sites=2).rounds[0].participants == ("site 1", "site 2")
    assert train(at=sites(1), min_sites=1).rounds


def test_overflow_and_runaway_name_site_round_and_parameter(key: paillier.PrivateKey) -> None:
    tight = PaillierSum(key, limit=0.05)
    with pytest.raises(EncodingOverflowError, match=r"site 'site \d', round 1: coefficients\[\d\] is beyond"):
        train(aggregation=tight)
    far = [Site(site.name, 1e150 * site.X, site.X[:, 0]) for site in sites(3)]
    for aggregation in (PlainSum(), PaillierSum(key)):
        with pytest.raises((NotFiniteError, EncodingOverflowError), match=r"site 'site \d', round 1: coef"):
            federated.train(LinearRegression(4), far, aggregation=aggregation, rounds=2, seed=1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"aggregation": "paillier"},
            r"^aggregation is a str; allowed are PlainSum\(\) and PaillierSum\(key\)$",
        ),
        ({"aggregation": PlainSum}, r"^aggregation is the class PlainSum; allowed are PlainSum\(\)"),
        ({"strategy": "fedprox"}, r"^strategy is a str; allowed are FedAvg\(\) and FedProx\(mu\)$"),
        ({"strategy": FedAvg}, r"^strategy is the class FedAvg;"),
        ({"at": [("north", X, Y)] * 3}, r"^sites\[0\] is a tuple; allowed are Sites: Site\(name, X, y\)$"),
        ({"at": [*sites(3), None]}, r"^sites\[3\] is None;"),
        ({"at": sites(3)[0]}, r"^sites is a Site; allowed are lists"),
    ],
)
def test_arguments_of_other_types_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UnsupportedOperationError, match=message):
        train(**changes)


@pytest.mark.parametrize("model", ["logistic", LogisticRegression, object(), None])
def test_what_is_no_model_is_refused(model: Any) -> None:
    with pytest.raises(UnsupportedOperationError, match=r"^model is .*; allowed are LinearRegression"):
        federated.train(model, sites())


def test_progress_and_rounds_are_told_and_can_cancel() -> None:
    told: list[Any] = []
    history = train(progress=lambda done, total: told.append((done, total)), on_round=told.append)
    assert told[1::2] == [(1, 3), (2, 3), (3, 3)]
    assert tuple(told[::2]) == history.rounds

    class Enough(Exception):
        pass

    def stop(*_: Any) -> None:
        raise Enough

    for how in ({"progress": stop}, {"on_round": stop}):
        with pytest.raises(Enough):
            train(**how)


@pytest.mark.parametrize(
    "changes",
    [
        {"rounds": 0},
        {"epochs": 0},
        {"batch_size": 0},
        {"learning_rate": 0},
        {"learning_rate": float("inf")},
        {"fraction": 0.0},
        {"fraction": 1.5},
        {"fraction": float("nan")},
        {"stragglers": -0.1},
        {"stragglers": 0.5, "epochs": 1},
        {"min_sites": 0},
        {"seed": -1},
        {"progress": 3},
        {"at": [*sites(3), Site("site 1", X, Y)]},
        {"at": [*sites(3), Site("odd", X[:, :3], Y)]},
        {"at": [*sites(3), Site("odd", X, Y + 1)]},
    ],
)
def test_parameters_that_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(PrivmlError) as caught:
        train(**changes)
    if len(changes.get("at", ())) == 4 and changes["at"][3].name == "odd":
        assert "site 'odd'" in str(caught.value)


@pytest.mark.parametrize("mu", [-1.0, float("nan"), "1"])
def test_terms_that_are_refused(mu: Any) -> None:
    with pytest.raises(ParameterError):
        FedProx(mu)
