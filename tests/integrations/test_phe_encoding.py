"""The drop-in's encoding: integers modulo n with an exponent of 16."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from privml import errors
from privml.integrations import phe
from privml.integrations.phe import EncodedNumber

FLOATS = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e60, max_value=1e60)


@given(value=FLOATS)
@example(value=5e-324)
@example(value=-0.0)
@example(value=1e60)
def test_floats_come_back_exactly(pub: phe.PaillierPublicKey, value: float) -> None:
    assert EncodedNumber.encode(pub, value).decode() == value


@given(value=st.integers(-(2**500), 2**500))
def test_integers_come_back_as_such(pub: phe.PaillierPublicKey, value: int) -> None:
    encoded = EncodedNumber.encode(pub, value)
    assert encoded.exponent == 0
    decoded = encoded.decode()
    assert decoded == value
    assert isinstance(decoded, int)


def test_exponents_by_hand(pub: phe.PaillierPublicKey) -> None:
    # 1.5 has its lowest possible bit at 2**-52, which needs 13 hexadecimal digits.
    encoded = EncodedNumber.encode(pub, 1.5)
    assert (encoded.encoding, encoded.exponent) == (3 << 51, -13)
    encoded = EncodedNumber.encode(pub, -1.5)
    assert (encoded.encoding, encoded.exponent) == (pub.n - (3 << 51), -13)
    assert EncodedNumber.encode(pub, 2.0**60).exponent == 2
    assert EncodedNumber.encode(pub, 2.0**60).decode() == 2**60


@given(value=st.floats(-1e6, 1e6), digits=st.integers(0, 9))
def test_precision_bounds_the_error_and_fixes_the_exponent(
    pub: phe.PaillierPublicKey, value: float, digits: int
) -> None:
    precision = 10.0**-digits
    encoded = EncodedNumber.encode(pub, value, precision=precision)
    assert encoded.exponent == EncodedNumber.encode(pub, 1.0, precision=precision).exponent
    assert 16.0**encoded.exponent <= precision
    assert abs(encoded.decode() - value) <= precision / 2


@pytest.mark.parametrize(
    ("value", "rounded"), [(0.5, 0), (1.5, 2), (2.5, 2), (-0.5, 0), (-1.5, -2), (0.51, 1)]
)
def test_precision_rounds_ties_to_even(pub: phe.PaillierPublicKey, value: float, rounded: int) -> None:
    assert EncodedNumber.encode(pub, value, precision=1).decode() == rounded


def test_max_exponent_only_lowers(pub: phe.PaillierPublicKey) -> None:
    assert EncodedNumber.encode(pub, 1.5, max_exponent=-40).exponent == -40
    assert EncodedNumber.encode(pub, 1.5, max_exponent=-40).decode() == 1.5
    assert EncodedNumber.encode(pub, 1.5, max_exponent=3).exponent == -13


@pytest.mark.parametrize(
    "value",
    [np.int64(-3), np.uint8(200), np.float32(1.5), np.float64(-2.25), np.float16(0.5), np.bool_(True), True],
)
def test_numpy_scalars(pub: phe.PaillierPublicKey, value: object) -> None:
    decoded = EncodedNumber.encode(pub, value).decode()
    assert decoded == value
    assert isinstance(decoded, float) == isinstance(value, np.floating)


@pytest.mark.parametrize("value", ["1", None, 1j, [1], b"1", np.array([1.5, 2.5]), np.datetime64("2020")])
def test_what_is_no_number_is_a_type_error(pub: phe.PaillierPublicKey, value: object) -> None:
    with pytest.raises(errors.DtypeError):
        EncodedNumber.encode(pub, value)
    with pytest.raises(TypeError):
        pub.encrypt(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float32("nan")])
def test_what_is_not_finite_is_refused(pub: phe.PaillierPublicKey, value: float) -> None:
    with pytest.raises(errors.NotFiniteError):
        EncodedNumber.encode(pub, value)


def test_the_range(pub: phe.PaillierPublicKey) -> None:
    for value in (pub.max_int, -pub.max_int):
        assert EncodedNumber.encode(pub, value).decode() == value
    for value in (pub.max_int + 1, -pub.max_int - 1, 10**5000, sys.float_info.max):
        with pytest.raises(errors.ParameterError, match="bits at the exponent"):
            EncodedNumber.encode(pub, value, max_exponent=0)


@pytest.mark.parametrize("precision", [0, -1, math.nan, "x"])
def test_precision_is_positive(pub: phe.PaillierPublicKey, precision: object) -> None:
    with pytest.raises(errors.ParameterError, match="precision"):
        EncodedNumber.encode(pub, 1.5, precision=precision)


def test_the_alarm(pub: phe.PaillierPublicKey) -> None:
    assert EncodedNumber(pub, pub.max_int, 0).decode() == pub.max_int
    assert EncodedNumber(pub, pub.n - pub.max_int, 0).decode() == -pub.max_int
    for encoding in (pub.max_int + 1, pub.n // 2, pub.n - pub.max_int - 1):
        with pytest.raises(errors.EncodingOverflowError):
            EncodedNumber(pub, encoding, 0).decode()
    for encoding in (-1, pub.n, pub.n + 1):
        with pytest.raises(errors.DecodeError):
            EncodedNumber(pub, encoding, 0).decode()


def test_decoding_rounds_once(pub: phe.PaillierPublicKey) -> None:
    assert EncodedNumber(pub, 2**400 + 1, -2).decode() == 2.0**392
    assert EncodedNumber(pub, 3, -269).decode() == 5e-324
    assert EncodedNumber(pub, 3, -270).decode() == 0.0
    assert EncodedNumber(pub, 3, -(10**9)).decode() == 0.0
    assert EncodedNumber(pub, 3, 20).decode() == 3 * 16**20
    assert EncodedNumber(pub, 2**500, -1).decode() == 2.0**496


def test_a_float_that_is_too_large(key_of_2048: phe.PaillierPublicKey) -> None:
    with pytest.raises(OverflowError, match="too large"):
        EncodedNumber(key_of_2048, key_of_2048.max_int, -1).decode()


@pytest.fixture(scope="module")
def key_of_2048(real_key: object) -> phe.PaillierPublicKey:
    return phe.PaillierPublicKey.of_native(real_key.public_key)


def test_absurd_exponents_cost_nothing(pub: phe.PaillierPublicKey) -> None:
    with pytest.raises(errors.ParameterError, match="beyond"):
        EncodedNumber(pub, 3, 10**12).decode()
    with pytest.raises(errors.ParameterError, match="beyond"):
        EncodedNumber.encode(pub, 3, max_exponent=-(10**12))
    with pytest.raises(errors.ParameterError, match="beyond"):
        EncodedNumber(pub, 3, 0).decrease_exponent_to(-(10**12))


def test_decreasing_the_exponent(pub: phe.PaillierPublicKey) -> None:
    encoded = EncodedNumber.encode(pub, -1.5).decrease_exponent_to(-30)
    assert encoded.exponent == -30
    assert encoded.decode() == -1.5
    with pytest.raises(errors.ParameterError, match="more negative"):
        encoded.decrease_exponent_to(-29)


@pytest.mark.parametrize("base", [2, 13, 10**6])
def test_a_subclass_with_another_base(
    pub: phe.PaillierPublicKey, private: phe.PaillierPrivateKey, base: int
) -> None:
    class Other(EncodedNumber):
        BASE = base
        LOG2_BASE = math.log2(base)

    for value in (0.1, -3.75, 1e10, 12):
        encoded = Other.encode(pub, value)
        assert math.isclose(encoded.decode(), value, rel_tol=1e-15)
        decrypted = private.decrypt_encoded(pub.encrypt(encoded), Other)
        assert type(decrypted) is Other
        assert math.isclose(decrypted.decode(), value, rel_tol=1e-15)


def test_repr_hides_the_number(pub: phe.PaillierPublicKey) -> None:
    assert "4242" not in repr(EncodedNumber.encode(pub, 4242))
