"""Laws that hold in every cryptosystem."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from privml import errors


def test_decrypt_undoes_encrypt(scheme, values):
    for key in (scheme.key, scheme.key.public_key):
        opened = scheme.key.decrypt(key.encrypt(values))
        assert opened.dtype == np.int64
        np.testing.assert_array_equal(opened, values)


@settings(max_examples=10)
@given(data=st.data())
def test_every_shape(scheme, data):
    shape = data.draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
    x = data.draw(hnp.arrays(np.int64, shape, elements=scheme.messages))
    c = scheme.key.public_key.encrypt(x)
    assert (c.shape, c.ndim, c.size) == (x.shape, x.ndim, x.size)
    np.testing.assert_array_equal(scheme.key.decrypt(c), x)


@settings(max_examples=10)
@given(data=st.data())
def test_homomorphism(scheme, data):
    a, b = (np.array(data.draw(st.lists(scheme.messages, min_size=3, max_size=3))) for _ in range(2))
    public = scheme.key.public_key
    for name, operation in scheme.encrypted.items():
        result = scheme.key.decrypt(operation(public.encrypt(a), public.encrypt(b)))
        np.testing.assert_array_equal(result, operation(a, b), err_msg=name)
    for name, operation in scheme.plain.items():
        result = scheme.key.decrypt(operation(public.encrypt(a), b))
        np.testing.assert_array_equal(result, operation(a, b), err_msg=name)


def test_negatives(scheme, values):
    c = scheme.key.public_key.encrypt(values)
    if not scheme.negation:
        with pytest.raises((TypeError, ValueError, OverflowError)):
            scheme.key.public_key.encrypt([-1])
        return
    np.testing.assert_array_equal(scheme.key.decrypt(-c), -values)
    np.testing.assert_array_equal(scheme.key.decrypt(c - c), 0 * values)


def test_sums_and_means(scheme, values):
    if not scheme.sums:
        pytest.skip("the scheme does not add")
    c = scheme.key.public_key.encrypt(values)
    for axis in (None, 0, 1, -1, (0, 1), (1, 0), ()):
        for keepdims in (False, True):
            opened = scheme.key.decrypt(c.sum(axis, keepdims=keepdims))
            np.testing.assert_array_equal(opened, values.sum(axis=axis, keepdims=keepdims))
            assert opened.shape == np.sum(values, axis=axis, keepdims=keepdims).shape
            np.testing.assert_allclose(scheme.key.decrypt(c.mean(axis)), values.mean(axis=axis))


def test_encryption_is_randomised(scheme, values):
    public = scheme.key.public_key
    ciphertexts = np.concatenate(
        [key.encrypt(np.zeros(8, dtype=int) + 1).raw().ravel() for key in (public, scheme.key) * 2]
    )
    assert len(set(ciphertexts.tolist())) == ciphertexts.size


def test_rerandomising_changes_ciphertexts_only(scheme, values):
    c = scheme.key.public_key.encrypt(values)
    fresh = c.rerandomize()
    assert not (fresh.raw() == c.raw()).any()
    np.testing.assert_array_equal(scheme.key.decrypt(fresh), values)


def test_bytes_round_trip(scheme, values):
    c = scheme.key.public_key.encrypt(values)
    again = scheme.array.from_bytes(c.to_bytes(), scheme.key.public_key)
    assert again.to_bytes() == c.to_bytes()
    np.testing.assert_array_equal(again.raw(), c.raw())
    np.testing.assert_array_equal(scheme.key.decrypt(again), values)
    public = type(scheme.key.public_key).from_bytes(scheme.key.public_key.to_bytes(), **scheme.size)
    assert public == scheme.key.public_key
    assert hash(public) == hash(scheme.key.public_key)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_public_things_pickle_and_copy(scheme, values, protocol):
    c = scheme.key.public_key.encrypt(values)
    for again in (pickle.loads(pickle.dumps(c, protocol)), copy.copy(c), copy.deepcopy(c), c.copy()):
        assert again.public_key == c.public_key
        np.testing.assert_array_equal(scheme.key.decrypt(again), values)
    assert pickle.loads(pickle.dumps(scheme.key.public_key, protocol)) == scheme.key.public_key


def test_private_keys_do_not_pickle_or_copy(scheme):
    attempts = [copy.copy, copy.deepcopy, *(lambda k, p=p: pickle.dumps(k, p) for p in range(6))]
    for attempt in attempts:
        with pytest.raises(TypeError, match="save"):
            attempt(scheme.key)


def test_foreign_keys_are_refused(scheme, values):
    mine, foreign = scheme.key.public_key.encrypt(values), scheme.other_key.public_key.encrypt(values)
    attempts = [
        lambda: scheme.key.decrypt(foreign),
        lambda: scheme.array.from_bytes(foreign.to_bytes(), scheme.key.public_key),
        lambda: scheme.module.concatenate([mine, foreign]),
        lambda: scheme.module.stack([mine, foreign]),
        *(lambda f=f: f(mine, foreign) for f in scheme.encrypted.values()),
    ]
    for attempt in attempts:
        with pytest.raises(errors.KeyMismatchError):
            attempt()


def test_repr_shows_nothing_secret(scheme):
    secret = 7654321
    c = scheme.key.public_key.encrypt([secret])
    texts = [repr(c), str(c), repr(scheme.key), str(scheme.key), f"{scheme.key}", repr(c.public_key)]
    for text in texts:
        assert str(secret) not in text
        assert str(c.raw()[0])[:20] not in text
    for text in texts[2:]:
        assert len(text) < 100
        assert scheme.key.fingerprint in text
    assert not hasattr(scheme.key, "__dict__")


def test_keys_do_not_change(scheme):
    for owner in (scheme.key, scheme.key.public_key):
        with pytest.raises(AttributeError):
            owner.bits = 1
        with pytest.raises(AttributeError):
            owner._core = None


def test_key_files(scheme, tmp_path):
    path = tmp_path / "key"
    scheme.key.save(path, password="pässword")
    assert path.stat().st_mode & 0o777 == 0o600
    again = type(scheme.key).load(path, password="pässword".encode())
    assert again == scheme.key
    np.testing.assert_array_equal(again.decrypt(scheme.key.public_key.encrypt([5])), [5])
    with pytest.raises(errors.WrongPasswordError):
        type(scheme.key).load(path, password="password")
    with pytest.raises(FileExistsError):
        scheme.key.save(path, password="x")
    scheme.key.save(path, password="x", force=True)
    assert type(scheme.key).load(path, password="x") == scheme.key
    assert [p.name for p in tmp_path.iterdir()] == ["key"]
