"""Shared keys: who can decrypt, who is named, what is refused."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest
from privml import errors
from privml.elgamal import threshold

SESSION = "test"


@pytest.fixture(scope="module")
def shares():
    """Return five shares, of which three decrypt."""
    return threshold.KeyShare.generate(5, 3)


def encryption_of_nothing(key: threshold.PublicKey) -> bytes:
    """Return (H, H): the encryption of (1 - x) G, whose plaintext nobody here knows, under nonce x."""
    return key.element + key.element


def partials(shares, ciphertexts, session=SESSION):
    return [share.decrypt_partially(ciphertexts, session=session) for share in shares]


def test_any_three_give_the_same_and_all_five_too(shares):
    key = shares[0].public_key
    ciphertexts = encryption_of_nothing(key)
    parts = partials(shares, ciphertexts)
    opened = {
        key.combine(ciphertexts, [parts[i] for i in chosen], session=SESSION)
        for chosen in [(0, 1, 2), (4, 2, 0), (1, 3, 4), (0, 1, 2, 3, 4)]
    }
    assert len(opened) == 1
    assert len(opened.pop()) == 32


def test_finite_field_against_python_integers():
    # 4 = 2^2 encrypted with nonce 3: (2^3, 4 h^3), by Python's own integers.
    shares = threshold.KeyShare.generate(3, 2, group="ffdhe2048")
    key = shares[0].public_key
    p = prime(2048)
    h = int.from_bytes(key.element, "little")
    least = lambda x: min(x % p, -x % p)  # noqa: E731
    ciphertexts = b"".join(least(x).to_bytes(256, "little") for x in (8, 4 * pow(h, 3, p)))
    parts = partials(shares[1:], ciphertexts)
    assert int.from_bytes(key.combine(ciphertexts, parts, session=SESSION), "little") == 4
    with pytest.raises(errors.InvalidCiphertextError):
        shares[0].decrypt_partially(bytes(512), session=SESSION)


def prime(bits: int) -> int:
    """RFC 7919, appendix A: 2^b - 2^(b-64) + (floor(2^(b-130) e) + X) 2^64 - 1, with its X for 2048 bits."""
    assert bits == 2048
    digits = 1 << 2200
    e, term, k = 0, digits, 0
    while term:
        e += term
        k += 1
        term //= k
    fraction = (e << (bits - 130)) >> 2200
    return 2**bits - 2 ** (bits - 64) + (fraction + 560316) * 2**64 - 1


def test_too_few_duplicates_other_sessions_and_ciphertexts(shares):
    key = shares[0].public_key
    ciphertexts = encryption_of_nothing(key)
    parts = partials(shares, ciphertexts)
    for chosen, session, match in [
        ([0, 1], SESSION, "at least the threshold, 3"),
        ([], SESSION, "at least the threshold, 3"),
        ([0, 1, 0], SESSION, "two by party 1"),
        ([0, 1, 2], "another", "another session or other ciphertexts"),
    ]:
        with pytest.raises(errors.ParameterError, match=match):
            key.combine(ciphertexts, [parts[i] for i in chosen], session=session)
    with pytest.raises(errors.ParameterError, match="other ciphertexts"):
        key.combine(ciphertexts * 2, parts, session=SESSION)


def test_liars_are_named(shares):
    key = shares[0].public_key
    ciphertexts = encryption_of_nothing(key)
    parts = partials(shares, ciphertexts)
    lie = [bytearray(part) for part in parts]
    lie[1][-32:] = key.element  # another element
    lie[3][75] ^= 1  # another challenge
    with pytest.raises(errors.MisbehaviourError, match="parties 2, 4") as caught:
        key.combine(ciphertexts, lie, session=SESSION)
    assert caught.value.parties == (2, 4)
    key.verify(ciphertexts, [parts[0]], session=SESSION)
    with pytest.raises(errors.MisbehaviourError, match="party 2"):
        key.verify(ciphertexts, [bytes(lie[1])], session=SESSION)
    renamed = bytearray(parts[0])
    renamed[70] = 5
    with pytest.raises(errors.MisbehaviourError, match="party 5"):
        key.verify(ciphertexts, [renamed], session=SESSION)


def test_foreign_keys_and_damaged_bytes(shares):
    key = shares[0].public_key
    ciphertexts = encryption_of_nothing(key)
    part = shares[0].decrypt_partially(ciphertexts, session=SESSION)
    foreign = threshold.KeyShare.generate(5, 3)[0].public_key
    with pytest.raises(errors.KeyMismatchError):
        foreign.verify(ciphertexts, [part], session=SESSION)
    for bad in (b"", part[:-1], part + b"\0", b"PVML", part[:6]):
        with pytest.raises(errors.DecodeError):
            key.verify(ciphertexts, [bad], session=SESSION)
    for bad in (ciphertexts[:-1], ciphertexts[:32], b"\xff" * 64):
        with pytest.raises(errors.InvalidCiphertextError):
            shares[0].decrypt_partially(bad, session=SESSION)
    for data in (key.to_bytes()[:-1], b"", key.to_bytes() + b"x"):
        with pytest.raises(errors.DecodeError):
            threshold.PublicKey.from_bytes(data)
    with pytest.raises(errors.ParameterError, match="ciphertexts"):
        shares[0].decrypt_partially([1], session=SESSION)  # type: ignore[arg-type]
    with pytest.raises(errors.ParameterError, match="session is empty"):
        shares[0].decrypt_partially(ciphertexts, session="")


@pytest.mark.parametrize(("parties", "needed"), [(1, 1), (3, 1), (3, 4), (256, 2)])
def test_sizes(parties, needed):
    with pytest.raises(errors.ParameterError):
        threshold.KeyShare.generate(parties, needed)


def test_an_unknown_group():
    with pytest.raises(errors.ParameterError, match="group"):
        threshold.KeyShare.generate(3, 2, group="modp14")


def test_files_and_secrecy(shares, tmp_path: Path):
    path = tmp_path / "share"
    shares[2].save(path, password="pässword")
    again = threshold.KeyShare.load(path, password="pa\u0308ssword")
    assert (again.party, again.public_key) == (3, shares[2].public_key)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(errors.WrongPasswordError):
        threshold.KeyShare.load(path, password="other")
    identity = threshold.Identity.generate()
    identity.save(tmp_path / "identity", password="x")
    assert threshold.Identity.load(tmp_path / "identity", password="x").public == identity.public
    for secret in (shares[0], identity):
        for leak in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError):
                leak(secret)
    key = shares[0].public_key
    assert pickle.loads(pickle.dumps(key)) == key
    key.save(tmp_path / "key")
    assert threshold.PublicKey.load(tmp_path / "key") == key


def start(count=3, needed=2, session="run"):
    identities = [threshold.Identity.generate() for _ in range(count)]
    public = [identity.public for identity in identities]
    parties = [threshold.KeyGeneration(one, public, threshold=needed, session=session) for one in identities]
    return parties, [party.first_message for party in parties]


def others(messages, i):
    return messages[:i] + messages[i + 1 :]


def test_key_generation():
    parties, messages = start()
    for expected in range(1, 6):
        assert {party.round for party in parties} == {expected}
        messages = [party.receive(others(messages, i)) for i, party in enumerate(parties)]
    assert [share.party for share in messages] == [1, 2, 3]
    key = messages[0].public_key
    assert {share.public_key for share in messages} == {key}
    ciphertexts = encryption_of_nothing(key)
    parts = partials(messages, ciphertexts)
    opened = [key.combine(ciphertexts, others(parts, i), session=SESSION) for i in range(3)]
    assert opened[0] == opened[1] == opened[2]
    with pytest.raises(errors.ParameterError, match="over"):
        parties[0].receive([])


def test_key_generation_can_repeat_a_round_that_the_network_broke():
    parties, messages = start()
    _, strangers = start()
    good = others(messages, 0)
    for bad in ([], good[:1], [good[0], strangers[2]], [good[0], good[1][:-1]], [good[0], messages[0]]):
        with pytest.raises((errors.ParameterError, errors.DecodeError)):
            parties[0].receive(bad)
    flipped = bytearray(good[0])
    flipped[60] ^= 1
    with pytest.raises(errors.ParameterError, match="not signed"):
        parties[0].receive([flipped, good[1]])
    assert isinstance(parties[0].receive(good), bytes)
    with pytest.raises(errors.ParameterError, match="round 1"):
        parties[0].receive(good)


def test_key_generation_arguments():
    identity, other = threshold.Identity.generate(), threshold.Identity.generate()
    both = [identity.public, other.public]
    for public, needed in [(both, 1), (both, 3), ([identity.public] * 2, 2), ([other.public] * 2, 2)]:
        with pytest.raises(errors.ParameterError):
            threshold.KeyGeneration(identity, public, threshold=needed, session="s")
    with pytest.raises(errors.InvalidKeyError):
        threshold.KeyGeneration(identity, [identity.public, bytes(32)], threshold=2, session="s")
    with pytest.raises(errors.ParameterError):
        threshold.KeyGeneration(identity, [identity.public, b"short"], threshold=2, session="s")
