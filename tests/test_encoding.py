"""What numbers may be encrypted, and what comes back."""

from __future__ import annotations

import collections
import math
from decimal import Decimal
from fractions import Fraction

import gmpy2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from privml import encoding, errors
from privml.encoding import Encoding

INTEGER_DTYPES = ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", ">i2", ">u8", "<i4"]
FLOAT_DTYPES = ["f2", "f4", "f8", ">f4", ">f8", "g"]


def extremes(dtype):
    if np.dtype(dtype).kind == "b":
        return np.array([False, True, True])
    info = np.iinfo(dtype)
    return np.array([info.min, info.max, 0, 1], dtype=dtype)


@pytest.mark.parametrize("dtype", INTEGER_DTYPES)
def test_integers_come_back_exactly(key, public, dtype):
    x = extremes(dtype)
    c = public.encrypt(x)
    opened = key.decrypt(c)
    assert c.is_integer
    assert [int(v) for v in opened] == [int(v) for v in x]
    assert opened.dtype == (object if any(int(v) >= 2**63 for v in x) else np.int64)
    # The bound is the dtype's, whatever the values.
    assert public.encrypt(np.zeros(3, dtype=dtype)).encoding == c.encoding
    assert c.encoding.bound == max(abs(int(v)) for v in x)


@pytest.mark.parametrize("dtype", FLOAT_DTYPES)
def test_floats_come_back_rounded(key, public, dtype):
    x = np.array([0.0, -0.0, 1.5, -2.25, 1e-3, 2.0**-40, -1000.125, 60000], dtype=dtype)
    opened = key.decrypt(public.encrypt(x))
    assert opened.dtype == np.float64
    expected = [round(Fraction(float(v)) * 2**32) / 2**32 for v in x]
    assert opened.tolist() == expected


@pytest.mark.parametrize("value", [3, -3, 0, True, 2.5, np.int16(4), np.float32(0.5), gmpy2.mpz(7), 2**62])
def test_scalars_are_arrays_of_one(key, public, value):
    c = public.encrypt(value)
    opened = key.decrypt(c)
    assert c.shape == opened.shape == ()
    assert opened == value


def test_python_integers_of_any_size(key, public):
    huge = [[2**200, -(2**199)], [1, 0]]
    c = public.encrypt(huge, limit=2**200)
    opened = key.decrypt(c)
    assert opened.dtype == object
    assert opened.tolist() == huge
    assert {type(v) for v in opened.flat} == {int}
    assert key.decrypt(public.encrypt(gmpy2.mpz(2) ** 100, limit=2**100)) == 2**100
    objects = np.array([1, np.int8(-2), gmpy2.mpz(3), True], dtype=object)
    assert key.decrypt(public.encrypt(objects)).tolist() == [1, -2, 3, 1]


def test_lists_of_python_integers_keep_every_digit(key, public):
    # NumPy alone makes float64 of the first and uint64 of the second.
    assert key.decrypt(public.encrypt([2**63, -1])).tolist() == [2**63, -1]
    assert public.encrypt([2**63]).encoding == public.encrypt([1]).encoding
    with pytest.raises(errors.EncodingOverflowError):
        public.encrypt([2**63 + 1, -1])
    c = public.encrypt([1, 2])
    assert key.decrypt(c * [2**64, -1]).tolist() == [2**64, -2]


@pytest.mark.parametrize(
    "x",
    [
        np.arange(24).reshape(2, 3, 4)[:, ::-1, ::2],
        np.arange(24.0).reshape(4, 6).T,
        np.asfortranarray(np.arange(6).reshape(2, 3)),
        np.broadcast_to(np.arange(3), (2, 3)),
        np.zeros((0, 3)),
        np.zeros((3, 0, 2), dtype=np.int8),
        [],
        np.lib.stride_tricks.sliding_window_view(np.arange(5), 3),
        np.frombuffer(b"\x00" + np.arange(3).tobytes(), dtype=np.uint8)[1:].view("i8"),
        np.rec.fromarrays([np.arange(3), np.ones(3)], names="a,b")["a"],
    ],
    ids=str,
)
def test_layouts(key, public, x):
    opened = key.decrypt(public.encrypt(x))
    assert opened.shape == np.shape(x)
    np.testing.assert_array_equal(opened, x)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("dtype", ["f2", "f8", "g"])
def test_not_finite(public, bad, dtype):
    x = np.ones((2, 3), dtype=dtype)
    x[1, 2] = x[1, 1] = bad
    with pytest.raises(errors.NotFiniteError, match=r"x\[1, 1\]"):
        public.encrypt(x)
    with pytest.raises(errors.NotFiniteError):
        public.encrypt(bad)
    with pytest.raises(errors.NotFiniteError, match="operand"):
        public.encrypt([1.0]) * bad
    with pytest.raises(errors.NotFiniteError):
        public.pack(x, limit=2, value_bits=8, additions=1, clip=True)


@pytest.mark.skipif(np.finfo(np.longdouble).max <= np.finfo(float).max, reason="longdouble is float64 here")
def test_longdouble_beyond_float64(public):
    with pytest.raises(errors.NotFiniteError):
        public.encrypt(np.longdouble(10) ** 400)


@pytest.mark.parametrize(
    "x",
    [
        [1j],
        np.ones(2, dtype="c8"),
        "text",
        ["a", "b"],
        b"bytes",
        np.array(["2020-01-01"], dtype="M8[D]"),
        np.array([1], dtype="m8[s]"),
        None,
        [None, 1],
        {"a": 1},
        object(),
        [Fraction(1, 2)],
        [2**70, 0.5],
        np.array([1, 2.5], dtype=object),
        np.ma.masked_array([1, 2], mask=[0, 1]),
        np.zeros(2, dtype=[("a", "i4")]),
    ],
    ids=repr,
)
def test_wrong_types(public, x):
    with pytest.raises(errors.DtypeError):
        public.encrypt(x)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([1.5, None], r"^x\[1\] is None: fill or drop missing values$"),
        ([[1, 2], [None, "a"]], r"^x\[1, 0\] is None: fill or drop"),
        (None, r"^x is None: fill or drop"),
        ([float("nan")], r"^x\[0\] is nan; .* fill or drop missing values$"),
        ([float("inf")], r"^x\[0\] is inf; allowed are finite numbers$"),
        (
            [1, Decimal(2)],
            r"^x\[1\] is a Decimal; allowed are bool, integers and floats: turn it into a float",
        ),
        ([Fraction(1, 2)], r"^x\[0\] is a Fraction; .* turn it into a float or an int$"),
        ([{"a": 1}], r"^x\[0\] is a dict; allowed are bool, integers and floats$"),
        ({"a": 1}, r"^x is a dict; allowed"),
        ([1.5, object()], r"^x\[1\] is an object; allowed"),
        (np.array([1, 2.5], dtype=object), r"^x\[1\] is a float in an array of objects, .* astype\(float\)"),
    ],
)
def test_messages_about_types_say_what_to_do(public, x, message):
    for attempt in (public.encrypt, lambda v: public.pack(v, limit=4, value_bits=8, additions=2)):
        with pytest.raises((errors.DtypeError, errors.NotFiniteError), match=message):
            attempt(x)


def test_missing_values_of_pandas(public):
    pd = pytest.importorskip("pandas")
    with pytest.raises(errors.DtypeError, match=r"^x\[1\] is <NA>: fill or drop missing values$"):
        public.encrypt([1, pd.NA])


def test_integers_beyond_the_limit_are_pointed_to_it(public):
    for x, limit, message in [
        ([0, 2**70], None, r"^x\[1\] is beyond 2\*\*63, .* declare a larger limit=$"),
        ([[1, -9]], 8, r"^x\[0, 1\] is beyond the limit 8; declare a larger limit=$"),
        (np.array([9], dtype="u1"), 8, r"^x\[0\] is beyond the limit 8;"),
    ]:
        with pytest.raises(errors.EncodingOverflowError, match=message):
            public.encrypt(x, limit=limit)


def test_ragged(public):
    with pytest.raises(errors.ShapeError):
        public.encrypt([[1, 2], [3]])


def test_limits(key, public):
    with pytest.raises(errors.EncodingOverflowError, match=r"x\[0, 1\].*limit"):
        public.encrypt([[1.0, -8.5]], limit=8)
    assert key.decrypt(public.encrypt([8.0, -8.0], limit=8)).tolist() == [8.0, -8.0]
    with pytest.raises(errors.EncodingOverflowError):
        public.encrypt([9], limit=8)
    with pytest.raises(errors.EncodingOverflowError):
        public.encrypt(np.array([9], dtype=np.int8), limit=8)
    with pytest.raises(errors.EncodingOverflowError):
        public.encrypt(1e19)
    with pytest.raises(errors.EncodingOverflowError, match="key"):
        public.encrypt([1], limit=2**511)
    with pytest.raises(errors.EncodingOverflowError, match="key"):
        public.encrypt([1.0], fractional_bits=460)
    assert key.decrypt(public.encrypt([1e-100], fractional_bits=440, limit=1)) == pytest.approx(
        [1e-100], rel=1e-15
    )
    for bad in (0, -1, math.nan, math.inf, "8", None.__class__, [8]):
        with pytest.raises(errors.ParameterError, match="limit"):
            public.encrypt([1.0], limit=bad)


def test_overflow_messages_hold_no_value(public):
    for x, limit in (([-8.515625], 8), ([851562], 8)):
        with pytest.raises(errors.EncodingOverflowError) as caught:
            public.encrypt(x, limit=limit)
        assert "8515" not in str(caught.value)
        assert "8.515" not in str(caught.value)


@pytest.mark.parametrize("bad", [-1, 1025, 1.5, "32", None, True])
def test_fractional_bits(public, bad):
    with pytest.raises(errors.ParameterError, match="fractional_bits"):
        public.encrypt([1.0], fractional_bits=bad)


@given(st.floats(-1e15, 1e15), st.integers(0, 64))
def test_rounding_is_to_nearest_and_ties_to_even(key, public, x, bits):
    opened = key.decrypt(public.encrypt(x, fractional_bits=bits))
    assert float(opened) == float(Fraction(round(Fraction(x) * 2**bits), 2**bits))


def test_ties(key, public):
    x = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999999999999994]
    assert key.decrypt(public.encrypt(x, fractional_bits=0)).tolist() == [0, 2, 2, 0, -2, -2, 0]


def test_integers_stay_integers_and_floats_do_not(key, public):
    c = public.encrypt(np.array([1, 2], dtype=np.int8))
    for stays in (c + 1, c * 3, -c, c - c, c.sum(), np.ones((2, 2), dtype=int) @ c, c[0], c + True):
        assert stays.is_integer
        assert key.decrypt(stays).dtype == np.int64
    for not_any_more in (c + 0.5, c * 1.0, c.mean(), c / 2, c + public.encrypt([0.5]), np.ones(2) @ c):
        assert not not_any_more.is_integer
        assert key.decrypt(not_any_more).dtype == np.float64


def test_results_beyond_int64_are_python_integers(key, public):
    opened = key.decrypt(public.encrypt(np.array([2**62, 1])) * 4)
    assert opened.dtype == object
    assert opened.tolist() == [2**64, 4]


def test_a_float_result_beyond_float64_is_refused():
    from privml import paillier

    key = paillier.PrivateKey.generate(1536, insecure_key_size=True)
    c = key.public_key.encrypt([1.0], limit=1) * 2**1000
    with pytest.raises(errors.EncodingOverflowError):
        key.decrypt(c * 2**100)


def test_encodings():
    for bad in ((True, 1, 1, 1), (True, 0, 1, 2), (False, -1, 1, 1), (False, 0, -1, 1), (False, 0, 1, 0)):
        with pytest.raises(errors.ParameterError):
            Encoding(*bad)
    a, b = Encoding(True, 0, 5), Encoding(False, 4, 7, 6)
    common = encoding.common_scale([a, b, Encoding(False, 2, 1, 4)])
    assert common == Encoding(False, 4, 0, 12)
    assert a.factor_to(common) == 12 * 16
    assert b.factor_to(common) == 2


def test_the_bound_of_python_integers_does_not_tell_of_them(public):
    for values in ([2**63, 5], (2**63, 5), range(5, 7), 5, 2**63, collections.deque([5, 2**63])):
        assert public.encrypt(values).encoding.bound == 2**63


def test_masks_in_lists_are_refused(public):
    masked = np.ma.masked_array([1.0, 2.0], mask=[False, True])
    for values in (masked, [masked], [[1.0, 2.0], masked], ([masked],)):
        with pytest.raises(errors.DtypeError, match="mask"):
            public.encrypt(values)


def test_operands_that_round_to_nothing_are_refused(key, public):
    c = public.encrypt([1e9, 2e9], limit=2e9)
    for attempt in (lambda: c * 1e-10, lambda: [[1e-10, -1e-11]] @ c):
        with pytest.raises(errors.ParameterError, match="rounds to 0"):
            attempt()
    np.testing.assert_allclose(key.decrypt(c.multiply(1e-10, fractional_bits=80)), [0.1, 0.2], rtol=1e-10)
    assert key.decrypt(c * 0.0).tolist() == [0.0, 0.0]
    assert key.decrypt(c * np.array([1e-10, 1.0])).tolist() == [0.0, 2e9]
