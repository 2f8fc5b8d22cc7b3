"""Elections: what counts, what does not, and who is named."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from privml import errors
from privml.elgamal import ballots, threshold

CHOICES = ["Ann", "Bob", "Eve"]


@pytest.fixture(scope="module")
def shares():
    """Return three shares, of which two decrypt."""
    return threshold.KeyShare.generate(3, 2)


@pytest.fixture(scope="module")
def election(shares):
    """Return an election of one of three."""
    return ballots.Election(shares[0].public_key, "board", CHOICES)


def refusal(box, ballot):
    [only] = box.add([ballot])
    return str(only.reason)


def test_totals(shares, election):
    marks = ["Ann", {"Bob": 1}, [0, 0, 1], "Bob"]
    cast = [election.cast(f"voter {i}", mark) for i, mark in enumerate(marks)]
    boxes = [ballots.BallotBox(election) for _ in shares]
    assert [box.add(order) for box, order in zip(boxes, (cast, cast[::-1], cast), strict=True)] == [[]] * 3
    assert len({box.digest for box in boxes}) == 1
    parts = [box.decrypt_partially(share) for box, share in zip(boxes, shares, strict=True)]
    assert boxes[0].total(parts[1:]) == {"Ann": 1, "Bob": 2, "Eve": 1}
    with pytest.raises(errors.ParameterError, match="closed"):
        boxes[0].add(cast)
    lie = bytearray(parts[2])
    lie[-32:] = shares[0].public_key.element
    with pytest.raises(errors.MisbehaviourError, match="party 3"):
        boxes[0].total([parts[1], bytes(lie)])
    with pytest.raises(errors.ParameterError, match="threshold"):
        boxes[0].total(parts[:1])


def test_repeats_and_strangers(shares, election):
    box = ballots.BallotBox(election, voters=["ann", "bob", "zoë"])
    first = election.cast("ann", "Ann")
    assert box.add([first, election.cast("zoe\u0308", "Bob")]) == []
    assert "has voted before" in refusal(box, first)
    assert "has voted before" in refusal(box, election.cast("ann", "Bob"))
    assert "not among the voters" in refusal(box, election.cast("mallory", "Bob"))
    renamed = first.replace(b"ann", b"bob")
    assert "not proven" in refusal(box, renamed)
    assert len(box) == 2


def test_ballots_of_other_elections(shares, election):
    ballot = election.cast("ann", "Ann")
    key = shares[0].public_key
    foreign = threshold.KeyShare.generate(3, 2)[0].public_key
    for other in [
        ballots.Election(key, "another", CHOICES),
        ballots.Election(key, "board", ["Bob", "Ann", "Eve"]),
        ballots.Election(key, "board", CHOICES, at_least=0),
        ballots.Election(foreign, "board", CHOICES),
        ballots.Election(key, "board", CHOICES[:2]),
    ]:
        [refused] = ballots.BallotBox(other).add([ballot])
        assert isinstance(refused.reason, errors.InvalidCiphertextError | errors.DecodeError)


def test_a_box_with_other_ballots_is_found_out(shares, election):
    cast = [election.cast(name, "Ann") for name in ("a", "b", "c")]
    full, short = ballots.BallotBox(election), ballots.BallotBox(election)
    full.add(cast)
    short.add(cast[:2])
    parts = [full.decrypt_partially(shares[0]), short.decrypt_partially(shares[1])]
    with pytest.raises(errors.ParameterError, match="party 2 of another session or other ciphertexts"):
        full.total(parts)
    alone = ballots.BallotBox(election)
    alone.add(cast[:1])
    with pytest.raises(errors.ParameterError, match="at least 2"):
        alone.decrypt_partially(shares[0])
    foreign = threshold.KeyShare.generate(3, 2)[0]
    with pytest.raises(errors.KeyMismatchError):
        full.decrypt_partially(foreign)


@pytest.mark.parametrize(
    "marks",
    [
        "Zed",
        {"Zed": 1},
        [1, 1, 0],
        [0, 0, 0],
        [2, 0, 0],
        [-1, 1, 1],
        [256, 0, 0],
        [1, 0],
        [0.5, 1, 0],
        [[1, 0, 0]],
    ],
)
def test_marks_that_are_refused(election, marks):
    with pytest.raises(errors.ParameterError):
        election.cast("ann", marks)


def test_arguments(shares):
    key = shares[0].public_key
    for choices, limits in [
        ([], {}),
        (["a", "a"], {}),
        ("ab", {}),
        (["a"], {"at_most": 2}),
        (["a", "b"], {"at_least": 2}),
        (["a"], {"at_most": 0}),
    ]:
        with pytest.raises(errors.ParameterError):
            ballots.Election(key, "e", choices, **limits)
    field = threshold.KeyShare.generate(2, 2, group="ffdhe2048")[0].public_key
    with pytest.raises(errors.ParameterError, match="ristretto255"):
        ballots.Election(field, "e", ["a"])


def test_approval_voting(shares):
    election = ballots.Election(shares[0].public_key, "approve", CHOICES, at_least=0, at_most=2)
    box = ballots.BallotBox(election)
    rows = [[1, 1, 0], [0, 0, 0], [0, 1, 0]]
    assert box.add([election.cast(str(i), row) for i, row in enumerate(rows)]) == []
    assert box.total([box.decrypt_partially(share) for share in shares[:2]]) == {"Ann": 1, "Bob": 2, "Eve": 0}


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_altered_ballots_are_refused(election, data):
    ballot = bytearray(election.cast("ann", "Ann"))
    at = data.draw(st.integers(0, len(ballot) - 1))
    ballot[at] ^= data.draw(st.integers(1, 255))
    box = ballots.BallotBox(election)
    refusals = box.add([bytes(ballot), bytes(ballot[:at])])
    assert [refused.index for refused in refusals] == [0, 1]
    assert len(box) == 0
