"""NumPy's own functions on encrypted arrays: served or refused, and none makes object arrays in silence."""

from __future__ import annotations

import gmpy2
import numpy as np
import pytest
from privml import errors

X = np.arange(6).reshape(2, 3)


@pytest.fixture
def c(public):
    return public.encrypt(X)


@pytest.fixture
def p(public):
    return public.pack(X, limit=8, value_bits=8, additions=4)


SERVED = {
    "concatenate": lambda a: np.concatenate([a, a], axis=1),
    "stack": lambda a: np.stack([a, a], axis=-1),
    "sum": np.sum,
    "sum over an axis": lambda a: np.sum(a, axis=1, keepdims=True),
    "mean": lambda a: np.mean(a, axis=0),
    "reshape": lambda a: np.reshape(a, (3, 2)),
    "ravel": np.ravel,
    "transpose": np.transpose,
    "transpose in an order": lambda a: np.transpose(a, (1, 0)),
    "vstack": lambda a: np.vstack([a, a[0]]),
    "hstack": lambda a: np.hstack([a, a[:, :1]]),
    "broadcast_to": lambda a: np.broadcast_to(a, (2, 2, 3)),
    "broadcast_to a length": lambda a: np.broadcast_to(a[0, 1], 3),
    "expand_dims": lambda a: np.expand_dims(a, (0, -1)),
    "add": lambda a: np.add(a, 1),
    "add from the right": lambda a: np.add([1, 2, 3], a),
    "add two": lambda a: np.add(a, a),
    "subtract": lambda a: np.subtract(a, [[7], [8]]),
    "subtract from the right": lambda a: np.subtract(np.int64(7), a),
    "multiply": lambda a: np.multiply(a, X),
    "multiply from the right": lambda a: np.multiply(-3, a),
    "matmul": lambda a: np.matmul(a, X.T),
    "matmul from the right": lambda a: np.matmul([[1, 2]], a),
    "negative": np.negative,
}

REFUSED = {
    "asarray": np.asarray,
    "array": np.array,
    "array of objects": lambda a: np.array(a, dtype=object),
    "array of a list": lambda a: np.array([a, a]),
    "array of objects of a list": lambda a: np.array([a, a], dtype=object),
    "array of its rows": lambda a: np.array(list(a), dtype=object),
    "asanyarray": np.asanyarray,
    "ascontiguousarray": np.ascontiguousarray,
    "atleast_1d": np.atleast_1d,
    "where": lambda a: np.where([[True], [False]], a, 0),
    "where of itself": np.where,
    "dot of two": lambda a: np.dot(a, a),
    "inner": lambda a: np.inner(a, [1, 2, 3]),
    "tensordot": lambda a: np.tensordot(a, X),
    "einsum": lambda a: np.einsum("ij->i", a),
    "multiply of two": lambda a: np.multiply(a, a),
    "matmul of two": lambda a: np.matmul(a, a.T),
    "add with out": lambda a: np.add(a, 1, out=np.zeros((2, 3))),
    "add out to it": lambda a: np.add(X, 1, out=a),
    "add with where": lambda a: np.add(a, 1, where=X > 1),
    "add with dtype": lambda a: np.add(a, 1, dtype=object),
    "add.at": lambda a: np.add.at(X.copy(), [0], a),
    "add.outer": lambda a: np.add.outer(X, a),
    "add.accumulate": np.add.accumulate,
    "add.reduceat": lambda a: np.add.reduceat(a, [0]),
    "divide": lambda a: np.divide(X, a),
    "power": lambda a: np.power(a, 2),
    "expand_dims beyond": lambda a: np.expand_dims(a, "x"),
    "ufunc of Python": lambda a: np.frompyfunc(lambda v: v, 1, 1)(a),
    "absolute": np.absolute,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "isfinite": np.isfinite,
    "isnan": np.isnan,
    "equal": lambda a: np.equal(a, 1),
    "greater": lambda a: np.greater(a, 1),
    "add.reduce": np.add.reduce,
    "hstack": lambda a: np.hstack([a, X]),
    "block": lambda a: np.block([[a, a]]),
    "append": lambda a: np.append(a, 1),
    "sort": np.sort,
    "argsort": np.argsort,
    "max": np.max,
    "argmax": np.argmax,
    "median": np.median,
    "std": np.std,
    "var": np.var,
    "cumsum": np.cumsum,
    "prod": np.prod,
    "any": np.any,
    "all": np.all,
    "unique": np.unique,
    "nonzero": np.nonzero,
    "clip": lambda a: np.clip(a, 0, 1),
    "round": np.round,
    "copy": np.copy,
    "squeeze": np.squeeze,
    "broadcast": lambda a: np.broadcast(a, X),
    "take": lambda a: np.take(a, [0]),
    "split": lambda a: np.split(a, 2),
    "full": lambda a: np.full(3, a),
    "full_like": lambda a: np.full_like(X, a),
    "zeros_like": np.zeros_like,
    "array_equal": lambda a: np.array_equal(a, X),
    "allclose": lambda a: np.allclose(a, X),
    "isin": lambda a: np.isin(X, a),
    "bincount": np.bincount,
    "histogram": np.histogram,
    "cov": np.cov,
    "linalg.norm": np.linalg.norm,
    "fft": np.fft.fft,
    "vectorize": lambda a: np.vectorize(lambda v: v)(a),
    "apply_along_axis": lambda a: np.apply_along_axis(lambda v: v, 0, a),
    "fromiter": lambda a: np.fromiter(a.ravel(), dtype=float),
    "random.permutation": lambda a: np.random.default_rng(0).permutation(a),
    "random.shuffle": lambda a: np.random.default_rng(0).shuffle(a),
    "sum with dtype": lambda a: np.sum(a, dtype=float),
    "sum with out": lambda a: np.sum(a, out=np.zeros(())),
    "sum with where": lambda a: np.sum(a, where=True),
    "mean with dtype": lambda a: np.mean(a, dtype=float),
    "concatenate with plain": lambda a: np.concatenate([a, X]),
    "concatenate after plain": lambda a: np.concatenate([X, a]),
    "concatenate with dtype": lambda a: np.concatenate([a, a], dtype=object),
    "stack with plain": lambda a: np.stack([X, a]),
    "in-place addition to an array": lambda a: X.copy().__iadd__(a),
    "**": lambda a: a**2,
    "power from the right": lambda a: np.float64(2) ** a,
    "floor division": lambda a: a // 2,
    "modulo": lambda a: a % 2,
    "division by it": lambda a: 1 / a,
    "division by it, of an array": lambda a: X / a,
    "abs": abs,
    "round()": round,
    "and": lambda a: a & 1,
    "float": lambda a: float(a[0, 0]),
    "int": lambda a: int(a[0, 0]),
    "complex": lambda a: complex(a[0, 0]),
    "range": lambda a: range(a[0, 0]),
    "bool": bool,
    "if": lambda a: 1 if a else 0,
    "not": lambda a: not a,
    "==": lambda a: a == a,
    "!=": lambda a: a != X,
    "<": lambda a: a < 1,
    "< from the right": lambda a: X < a,  # noqa: SIM300
    "== from the right": lambda a: X == a,  # noqa: SIM300
    "np.float64 ==": lambda a: np.float64(1) == a,
    ">=": lambda a: a >= a,
    "sorted": lambda a: sorted(a.ravel()),
    "max()": lambda a: max(a.ravel()),
    "in": lambda a: 3 in a,
    "hash": hash,
    "set": lambda a: {a},
    "product of two": lambda a: a * a,
    "matrix product of two": lambda a: a @ a.T,
    "division of two": lambda a: a / a,
    "division by an array": lambda a: a / X,
    "text": lambda a: a + "1",
    "None": lambda a: a + None,
    "complex number": lambda a: a * 1j,
    "date": lambda a: a + np.datetime64("2020-01-01"),
    "memoryview": memoryview,
}


@pytest.mark.parametrize("name", SERVED)
def test_served(key, c, name):
    np.testing.assert_array_equal(key.decrypt(SERVED[name](c)), SERVED[name](X))


@pytest.mark.filterwarnings("ignore:you are shuffling")
@pytest.mark.parametrize("name", REFUSED)
def test_refused(c, name):
    # NumPy turns the TypeError of one element into a ValueError of its own.
    with pytest.raises((TypeError, ValueError) if name == "fromiter" else TypeError):
        REFUSED[name](c)


@pytest.mark.parametrize("name", REFUSED)
def test_packed_refuses_too(p, name):
    with pytest.raises((TypeError, AttributeError)):
        REFUSED[name](p)


def test_shape_functions(c):
    assert np.shape(c) == (2, 3)
    assert np.ndim(c) == 2
    assert np.size(c) == 6
    assert np.size(c, 1) == 3
    assert np.isscalar(c) is False


def test_messages_help(c):
    with pytest.raises(errors.UnsupportedOperationError, match="concatenate, dot, expand_dims, hstack, mean"):
        np.where(True, c, c)
    with pytest.raises(errors.UnsupportedOperationError, match=r"^np\.linalg\.norm does not work on"):
        np.linalg.norm(c)
    with pytest.raises(errors.UnsupportedOperationError, match="decrypt"):
        np.asarray(c)
    with pytest.raises(errors.UnsupportedOperationError, match="Paillier adds"):
        c * c


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda a: np.add(a, 1, out=X.copy()), r"^np\.add with out= does not work on EncryptedArray"),
        (np.add.reduce, r"^np\.add\.reduce does not work"),
        (np.exp, r"^np\.exp does not work .* \+ and - with encrypted arrays or plain numbers"),
        (lambda a: X < a, "cannot be compared"),  # noqa: SIM300
        (lambda a: X / a, "by one plain number"),
        (lambda a: a**2, r"has no \*\*: there are \+ and -"),
        (lambda a: 2**a, r"has no \*\*"),
        (lambda a: a // 2, "has no //"),
        (lambda a: a % 2, "has no %"),
        (lambda a: divmod(a, 2), r"has no divmod\(\)"),
        (abs, r"has no abs\(\)"),
        (lambda a: a.dtype, r"has no \.dtype: its repr"),
        (lambda a: a.std(), r"has no \.std: .* squares"),
        (lambda a: a.var(axis=0), r"has no \.var"),
        (lambda a: a.max(), r"has no \.max: the order of plaintexts"),
        (lambda a: a.cumsum(), r"has no \.cumsum: decrypt it first"),
    ],
)
def test_refusals_say_what_works(c, attempt, message):
    with pytest.raises(errors.UnsupportedOperationError, match=message):
        attempt(c)


def test_packed_refusals_say_what_works(p):
    for attempt, message in [
        (np.sum, r"^np\.sum does not work on PackedArray; no function of NumPy does$"),
        (lambda a: a @ X, "has no @: there are .* arrays packed alike"),
        (lambda a: np.matmul(X, a), "has no @"),
        (lambda a: 1 - a, "cannot add"),
        (lambda a: a.reshape(6), r"has no \.reshape"),
    ]:
        with pytest.raises(errors.UnsupportedOperationError, match=message):
            attempt(p)


def test_quotients_and_signs_as_ufuncs(key, c):
    np.testing.assert_array_equal(key.decrypt(np.positive(c)), key.decrypt(c))
    np.testing.assert_array_equal(key.decrypt(np.divide(c, 4)), key.decrypt(c) / 4)
    with pytest.raises(errors.UnsupportedOperationError):
        np.divide(4, c)


def test_packed_ufuncs(key, p):
    np.testing.assert_array_equal(key.decrypt(np.subtract(np.multiply(3, p), p)), 2 * X)
    np.testing.assert_array_equal(key.decrypt(np.negative(p)), -X)
    np.testing.assert_array_equal(key.decrypt(np.divide(p, 4)), X / 4)


def test_missing_attributes_are_missing(c, p):
    for array in (c, p):
        assert not hasattr(array, "dtype")
        assert not hasattr(array, "__array_interface__")
        assert getattr(array, "max", None) is None
        with pytest.raises(AttributeError, match="has no attribute 'colour'"):
            _ = array.colour


SCALARS = [
    2,
    -3,
    True,
    10**30,
    0.5,
    -1.25,
    np.int8(-3),
    np.uint64(2**63 + 1),
    np.bool_(True),
    np.float16(0.5),
    np.float32(0.25),
    np.float64(-2.5),
    np.longdouble(0.75),
    np.array(3),
    np.array(1.5),
    gmpy2.mpz(12345678901234567890),
]


@pytest.mark.parametrize("scalar", SCALARS, ids=lambda s: f"{type(s).__name__}-{s}")
def test_scalars_on_either_side(key, c, scalar):
    plain = X.astype(object)
    number = scalar.item() if isinstance(scalar, np.generic | np.ndarray) else scalar
    number = int(number) if isinstance(number, bool | type(gmpy2.mpz())) else number
    number = float(number) if isinstance(number, np.longdouble) else number
    cases = [
        (c + scalar, plain + number),
        (scalar + c, number + plain),
        (c - scalar, plain - number),
        (scalar - c, number - plain),
        (c * scalar, plain * number),
        (scalar * c, number * plain),
    ]
    for encrypted, expected in cases:
        assert isinstance(encrypted, type(c))
        np.testing.assert_array_equal(key.decrypt(encrypted), expected)


@pytest.mark.parametrize("dtype", ["i1", "u2", "i8", "u8", ">i4", "f4", "f8", "?", "O"])
def test_arrays_on_either_side(key, c, dtype):
    plain = np.array([[1, 0, 3]]).astype(dtype)
    expected = plain.astype(float if "f" in dtype else int)
    for encrypted, wanted in [
        (c + plain, X + expected),
        (plain + c, X + expected),
        (plain - c, expected - X),
        (c - plain, X - expected),
        (plain * c, X * expected),
        (c * plain, X * expected),
        (plain @ c.T, expected @ X.T),
        (c @ plain.T, X @ expected.T),
        (c @ plain[0], X @ expected[0]),
    ]:
        assert isinstance(encrypted, type(c))
        np.testing.assert_array_equal(key.decrypt(encrypted), wanted)


def test_lists(key, c):
    np.testing.assert_array_equal(key.decrypt([1, 2, 3] * c), [1, 2, 3] * X)
    np.testing.assert_array_equal(key.decrypt(c - [[1], [2]]), X - [[1], [2]])
    np.testing.assert_array_equal(key.decrypt([[1, 2]] @ c), [[1, 2]] @ X)


def test_pandas(key, c):
    pd = pytest.importorskip("pandas")
    series, frame = pd.Series([1, 2, 3]), pd.DataFrame([[1, 2, 3], [4, 5, 6]])
    np.testing.assert_array_equal(key.decrypt(c * series), X * [1, 2, 3])
    np.testing.assert_array_equal(key.decrypt(series * c), X * [1, 2, 3])
    np.testing.assert_array_equal(key.decrypt(frame + c), X + frame.to_numpy())
    np.testing.assert_array_equal(key.decrypt(c @ frame.T), X @ frame.to_numpy().T)
    with pytest.raises(TypeError):
        frame @ c.T


def test_builtin_sum(key, c, p):
    np.testing.assert_array_equal(key.decrypt(sum(c)), X.sum(axis=0))
    np.testing.assert_array_equal(key.decrypt(sum([p, p])), 2 * X)
