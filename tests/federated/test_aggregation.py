"""The law suite of aggregations, the roles of the Paillier one, and hostile messages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from privml import paillier
from privml.errors import (
    DecodeError,
    EncodingOverflowError,
    FederatedError,
    KeyMismatchError,
    NotFiniteError,
    ParameterError,
    PrivmlError,
    ShapeError,
)
from privml.federated import PaillierServer, PaillierSum, PlainSum
from privml.federated.aggregation import Aggregation, Exchange, Layout, Purpose
from privml.federated.aggregation.messages import Kind, Message

LAYOUT = Layout(("coefficients", "intercept"), ((2, 3), (1,)))
NAMES = ("north", "south", "östlich")


def exchange(purpose: Purpose = Purpose.WEIGHTS, number: int = 1, **changes: Any) -> Exchange:
    made = Exchange(number, purpose, LAYOUT, sites=5, min_sites=3, session=bytes(16))
    return replace(made, **changes)


@pytest.fixture(params=["plain", "paillier", "decryptor"])
def aggregation(request: pytest.FixtureRequest, key: paillier.PrivateKey) -> Aggregation:
    """Return every kind of aggregation: a new one is one line here."""
    return {
        "plain": PlainSum(),
        "paillier": PaillierSum(key),
        "decryptor": PaillierSum(key, decryptor="board"),
    }[request.param]


def combined(
    aggregation: Aggregation, agreed: Exchange, vectors: list[Any], weights: list[int], names: Any = NAMES
) -> bytes:
    """Run the server's part, and the decryptor's where there is one."""
    site, server, decryptor = (
        aggregation.site_half(),
        aggregation.server_half(),
        aggregation.decryptor_half(),
    )
    messages = {
        name: site.protect(agreed, name, np.asarray(vector, dtype=np.float64), weight)
        for name, vector, weight in zip(names, vectors, weights, strict=True)
    }
    data = server.combine(messages)
    return data if decryptor is None else decryptor.open(agreed, data)


# Laws of every aggregation.


@pytest.mark.parametrize("purpose", list(Purpose))
def test_the_weighted_sum_comes_out(aggregation: Aggregation, purpose: Purpose) -> None:
    rng = np.random.default_rng(1)
    scale = 30.0 if purpose is Purpose.WEIGHTS else 1e30
    vectors = [rng.uniform(-scale, scale, size=7) for _ in NAMES]
    weights = [1, 1000, 77]
    agreed = exchange(purpose)
    opened = aggregation.site_half().open(agreed, combined(aggregation, agreed, vectors, weights))
    exact = sum(w * v for w, v in zip(weights, vectors, strict=True))
    np.testing.assert_allclose(opened.total, exact, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(opened.mean, exact / 1078, rtol=1e-9, atol=1e-9)
    assert opened.weight == 1078
    assert opened.senders == NAMES


def test_tiny_statistics_are_kept(aggregation: Aggregation) -> None:
    agreed = exchange(Purpose.STATISTICS)
    data = combined(aggregation, agreed, [np.full(7, 1e-20)] * 3, [1, 1, 1])
    np.testing.assert_allclose(aggregation.site_half().open(agreed, data).total, 3e-20, rtol=1e-12)


def test_too_few_sites_are_not_opened(aggregation: Aggregation) -> None:
    agreed = exchange()
    few = {"vectors": [np.zeros(7)] * 2, "weights": [1, 2], "names": NAMES[:2]}
    with pytest.raises(FederatedError, match="min_sites is 3"):
        aggregation.site_half().open(agreed, combined(aggregation, agreed, **few))


@pytest.mark.parametrize(
    "other",
    [{"number": 2}, {"session": bytes(15) + b"x"}, {"purpose": Purpose.METRICS}],
    ids=["round", "session", "purpose"],
)
def test_sums_of_other_exchanges_are_not_opened(aggregation: Aggregation, other: dict[str, Any]) -> None:
    data = combined(aggregation, exchange(), [np.zeros(7)] * 3, [1] * 3)
    with pytest.raises(FederatedError):
        aggregation.site_half().open(exchange(**other), data)


def test_a_site_message_is_no_sum(aggregation: Aggregation) -> None:
    agreed = exchange(min_sites=1)
    site = aggregation.site_half()
    with pytest.raises(FederatedError, match="from_site"):
        site.open(agreed, site.protect(agreed, "north", np.zeros(7), 1))


def test_the_server_refuses_repeats_strangers_and_mixtures(aggregation: Aggregation) -> None:
    site, server = aggregation.site_half(), aggregation.server_half()

    def messages(agreed: Exchange) -> dict[str, bytes]:
        return {name: site.protect(agreed, name, np.zeros(7), 1) for name in NAMES}

    second = messages(exchange(number=2))
    server.combine(second)
    for late in (second, messages(exchange(number=1))):
        with pytest.raises(FederatedError, match="is over"):
            server.combine(late)
    server.combine(messages(exchange(Purpose.METRICS, number=2)))
    with pytest.raises(FederatedError, match="another session"):
        server.combine(messages(exchange(number=3, session=b"y" * 16)))
    third = messages(exchange(number=3))
    with pytest.raises(FederatedError, match="does not say so"):
        server.combine({**third, "south": third["north"]})
    with pytest.raises(FederatedError, match="another session, round or purpose"):
        server.combine({**third, "south": messages(exchange(number=4))["south"]})
    with pytest.raises(FederatedError, match="no message"):
        server.combine({})
    server.combine(third)


def test_every_cut_and_every_flipped_bit_of_the_head_is_refused_or_changes_nothing(
    aggregation: Aggregation,
) -> None:
    agreed = exchange()
    site = aggregation.site_half()
    good = combined(aggregation, agreed, [np.ones(7)] * 3, [1] * 3)
    for length in [*range(0, len(good), 7), len(good) - 1]:
        with pytest.raises(PrivmlError):
            site.open(agreed, good[:length])
    with pytest.raises(PrivmlError):
        site.open(agreed, good + b"\0")
    for bit in range(8 * 32):  # magic to senders' count
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        with pytest.raises(PrivmlError):
            site.open(agreed, bytes(bad))


def test_numbers_that_ran_away_name_site_round_and_parameter(aggregation: Aggregation) -> None:
    vector = np.array([0, 0, 0, 0, np.nan, 0, 0.0])
    with pytest.raises(NotFiniteError, match=r"site 'north', round 4: coefficients\[1, 1\] is not finite"):
        aggregation.site_half().protect(exchange(number=4), "north", vector, 1)


def test_the_length_is_checked(aggregation: Aggregation) -> None:
    with pytest.raises(ShapeError):
        aggregation.site_half().protect(exchange(), "north", np.zeros(6), 1)
    other = exchange(layout=Layout(("all",), ((8,),)))
    data = combined(aggregation, other, [np.zeros(8)] * 3, [1] * 3)
    with pytest.raises(PrivmlError):
        aggregation.site_half().open(exchange(), data)


# The Paillier one: who holds what.


def test_the_server_half_takes_no_private_key(key: paillier.PrivateKey) -> None:
    with pytest.raises(TypeError, match="private"):
        PaillierServer(key)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        PaillierServer(b"key")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        PaillierSum("key")  # type: ignore[arg-type]
    held = vars(PaillierSum(key).server_half())
    assert not any(isinstance(value, paillier.PrivateKey) for value in held.values())
    assert held["_public_key"] is key.public_key or held["_public_key"] == key.public_key


def test_a_public_key_makes_a_server_half_and_no_other(public: paillier.PublicKey) -> None:
    aggregation = PaillierSum(public)
    aggregation.server_half()
    with pytest.raises(TypeError, match="takes the private key"):
        aggregation.site_half()
    with pytest.raises(TypeError, match="takes the private key"):
        PaillierSum(public, decryptor="board").decryptor_half()


def test_with_a_decryptor_the_sites_hold_the_public_key(key: paillier.PrivateKey) -> None:
    aggregation = PaillierSum(key, decryptor="board")
    assert aggregation.decryptor == "board"
    assert isinstance(vars(aggregation.site_half())["_key"], paillier.PublicKey)
    agreed = exchange()
    closed = aggregation.server_half().combine(
        {name: aggregation.site_half().protect(agreed, name, np.zeros(7), 1) for name in NAMES}
    )
    with pytest.raises(FederatedError, match="combined"):
        aggregation.site_half().open(agreed, closed)


def test_what_the_server_gets_is_bytes_that_depend_on_no_number(key: paillier.PrivateKey) -> None:
    # Two sites with quite different numbers and counts: but for the ciphertexts, the bytes are the same.
    aggregation = PaillierSum(key)
    one = aggregation.site_half().protect(exchange(), "north", np.full(7, 31.0), 1_000_000)
    two = aggregation.site_half().protect(exchange(), "north", np.zeros(7), 1)
    assert type(one) is bytes
    assert len(one) == len(two)
    array = paillier.PackedArray.from_bytes(Message.from_bytes(one).payload, key.public_key)
    head = len(one) - array.ciphertexts * 2 * 8 * -(-key.bits // 64)
    assert one[:head] == two[:head]
    assert one[head:] != two[head:]


def test_weights_beyond_the_limit_name_site_round_and_parameter(key: paillier.PrivateKey) -> None:
    site = PaillierSum(key).site_half()
    vector = np.array([0, 0, 0, 0, 0, 0, 32.5])
    message = r"site 'north', round 4: intercept\[0\] is beyond the limit 32"
    with pytest.raises(EncodingOverflowError, match=message) as caught:
        site.protect(exchange(number=4), "north", vector, 1)
    assert "32.5" not in str(caught.value)
    PaillierSum(key, limit=64.0).site_half().protect(exchange(number=4), "north", vector, 1)


def test_counts_beyond_the_declared_are_refused_and_not_repeated(key: paillier.PrivateKey) -> None:
    site = PaillierSum(key, max_examples=100).site_half()
    site.protect(exchange(), "north", np.zeros(7), 100)
    with pytest.raises(ParameterError, match="max_examples=100") as caught:
        site.protect(exchange(), "north", np.zeros(7), 12345)
    assert "12345" not in str(caught.value)


def test_messages_of_another_key_name_the_site(
    key: paillier.PrivateKey, other_key: paillier.PrivateKey
) -> None:
    mine, theirs = PaillierSum(key), PaillierSum(other_key)
    messages = {name: mine.site_half().protect(exchange(), name, np.zeros(7), 1) for name in NAMES}
    messages["south"] = theirs.site_half().protect(exchange(), "south", np.zeros(7), 1)
    with pytest.raises(KeyMismatchError, match="'south'"):
        mine.server_half().combine(messages)
    with pytest.raises(KeyMismatchError):
        data = combined(theirs, exchange(), [np.zeros(7)] * 3, [1] * 3)
        mine.site_half().open(exchange(), data)


def test_messages_packed_otherwise_name_the_site(key: paillier.PrivateKey) -> None:
    messages = {
        name: PaillierSum(key).site_half().protect(exchange(), name, np.zeros(7), 1) for name in NAMES
    }
    messages["south"] = PaillierSum(key, limit=1.0).site_half().protect(exchange(), "south", np.zeros(7), 1)
    with pytest.raises(ParameterError, match=r"'south'.*packed differently"):
        PaillierSum(key).server_half().combine(messages)


def test_a_server_that_leaves_a_site_out_must_say_so(key: paillier.PrivateKey) -> None:
    # The senders' list and what the ciphertexts have spent must agree.
    data = Message.from_bytes(combined(PaillierSum(key), exchange(), [np.zeros(7)] * 3, [1] * 3))
    boasting = replace(data, senders=(*NAMES, "zzz")).to_bytes()
    with pytest.raises(FederatedError, match="not the sum of 4 sites"):
        PaillierSum(key).site_half().open(exchange(), boasting)


@pytest.mark.parametrize(
    "field",
    [{"fractional_bits": 33}, {"limit": 16.0}, {"additions": 3 << 20}, {"value_bits": 41}],
    ids=lambda field: next(iter(field)),
)
def test_a_server_that_changes_the_scale_is_found_out(
    key: paillier.PrivateKey, field: dict[str, Any]
) -> None:
    data = Message.from_bytes(combined(PaillierSum(key), exchange(), [np.ones(7)] * 3, [1] * 3))
    array = paillier.PackedArray.from_bytes(data.payload, key.public_key)
    packing = replace(array.packing, **field)
    if packing.slots(key.bits) != array.packing.slots(key.bits):
        pytest.skip("another number of ciphertexts: decoding refuses that already")
    other = paillier.PackedArray(array._batch, array.shape, packing, array.spent, 1, key.public_key)
    for changed in (other, array / 2):
        with pytest.raises(FederatedError, match="packed otherwise"):
            PaillierSum(key).site_half().open(
                exchange(), replace(data, payload=changed.to_bytes()).to_bytes()
            )


def test_a_spoiled_message_can_be_left_out_and_the_round_tried_again(key: paillier.PrivateKey) -> None:
    aggregation = PaillierSum(key)
    site, server = aggregation.site_half(), aggregation.server_half()
    names = (*NAMES, "zulu")
    messages = {name: site.protect(exchange(), name, np.ones(7), 1) for name in names}
    messages["zulu"] = replace(Message.from_bytes(messages["zulu"]), payload=b"junk").to_bytes()
    with pytest.raises(DecodeError, match="'zulu'"):
        server.combine(messages)
    del messages["zulu"]
    assert site.open(exchange(), server.combine(messages)).weight == 3


def test_a_weight_of_nothing_is_refused() -> None:
    empty = Message.of(exchange(), Kind.COMBINED, NAMES, bytes(8 * 8)).to_bytes()
    with pytest.raises(DecodeError, match="no positive weight"):
        PlainSum().site_half().open(exchange(), empty)


@pytest.mark.parametrize(
    "arguments",
    [
        {"limit": 0.0},
        {"limit": float("nan")},
        {"value_bits": 1},
        {"max_examples": 0},
        {"max_examples": 1 << 60},
        {"decryptor": ""},
    ],
)
def test_parameters_that_are_refused(key: paillier.PrivateKey, arguments: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        PaillierSum(key, **arguments)


# The envelope.


@given(
    st.sampled_from(list(Kind)),
    st.sampled_from(list(Purpose)),
    st.integers(0, 2**32 - 1),
    st.binary(min_size=16, max_size=16),
    st.sets(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20), max_size=4),
    st.binary(max_size=50),
)
def test_messages_round_trip(
    kind: Kind, purpose: Purpose, number: int, session: bytes, senders: set[str], payload: bytes
) -> None:
    message = Message(kind, purpose, number, session, tuple(sorted(senders)), payload)
    assert Message.from_bytes(message.to_bytes()) == message


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_a_message_or_refused(data: bytes, with_head: bool) -> None:
    if with_head:
        data = b"PVMF\x01\x01\x01" + data
    try:
        message = Message.from_bytes(data)
    except DecodeError:
        return
    assert message.to_bytes() == data


def test_an_announced_size_allocates_nothing() -> None:
    head = b"PVMF\x01\x01\x01" + bytes(4) + bytes(16) + b"\xff\xff\xff\xff"
    with pytest.raises(DecodeError):
        Message.from_bytes(head + b"\x01a")
