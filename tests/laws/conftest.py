"""The cryptosystems that the laws are tested on: one line each.

A new scheme writes an entry here and gets every test in this folder.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from privml import elgamal, paillier

Operation = Callable[[Any, Any], Any]

ADDITIVE: dict[str, Operation] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "sum_of_three": lambda a, b: a + b + a,
}
ADDITIVE_WITH_PLAIN: dict[str, Operation] = {
    "add_plain": lambda a, p: a + p,
    "plain_add": lambda a, p: p + a,
    "subtract_plain": lambda a, p: a - p,
    "plain_subtract": lambda a, p: p - a,
    "multiply": lambda a, p: a * p,
    "plain_multiply": lambda a, p: p * a,
}
MULTIPLICATIVE: dict[str, Operation] = {
    "multiply": lambda a, b: a * b,
    "product_of_three": lambda a, b: a * b * a,
    "divide": lambda a, b: a / b,
}
MULTIPLICATIVE_WITH_PLAIN: dict[str, Operation] = {
    "multiply_plain": lambda a, p: a * p,
    "plain_multiply": lambda a, p: p * a,
    "divide_plain": lambda a, p: a / p,
    "plain_divide": lambda a, p: p / a,
}


@dataclass(frozen=True)
class Scheme:
    """A cryptosystem, and which laws hold in it.

    Parameters
    ----------
    name : str
        For test identifiers.
    make_key : callable
        Makes a private key with `public_key`, `encrypt`, `decrypt`, `save`, `load`.
    array : type
        What `encrypt` returns, with `from_bytes(data, public_key)`.
    module : module
        Has `concatenate` and `stack`.
    messages : strategy
        Draws one plaintext integer.
    encrypted, plain : dict
        Operations on two encrypted arrays, and on an encrypted and a plain one, written so that they work on
        NumPy arrays too: that is the law.
    negation, sums : bool
        Whether there are negative plaintexts, and `sum` and `mean`.
    size : dict
        What reading a public key of this size takes beside the bytes.
    """

    name: str
    make_key: Callable[[], Any]
    array: type
    module: Any
    messages: st.SearchStrategy[int] = field(default_factory=lambda: st.integers(-(10**6), 10**6))
    encrypted: dict[str, Operation] = field(default_factory=lambda: ADDITIVE)
    plain: dict[str, Operation] = field(default_factory=lambda: ADDITIVE_WITH_PLAIN)
    negation: bool = True
    sums: bool = True
    size: dict[str, bool] = field(default_factory=dict)

    @property
    def key(self) -> Any:
        """A private key, always the same one."""
        return _key(self.name)

    @property
    def other_key(self) -> Any:
        """Another private key."""
        return _key(self.name, 1)


def _paillier(bits: int) -> Callable[[], paillier.PrivateKey]:
    return lambda: paillier.PrivateKey.generate(bits, insecure_key_size=bits < 2048)


_SMALL = {"insecure_key_size": True}
SCHEMES = [
    Scheme("paillier-512", _paillier(512), paillier.EncryptedArray, paillier, size=_SMALL),
    Scheme("paillier-1152", _paillier(1152), paillier.EncryptedArray, paillier, size=_SMALL),
    Scheme("paillier-2048", _paillier(2048), paillier.EncryptedArray, paillier),
    Scheme(
        "elgamal-multiplicative",
        lambda: elgamal.PrivateKey.generate("ffdhe2048"),
        elgamal.MultiplicativeArray,
        elgamal,
        messages=st.integers(1, 10**6),
        encrypted=MULTIPLICATIVE,
        plain=MULTIPLICATIVE_WITH_PLAIN,
        negation=False,
        sums=False,
    ),
    Scheme(
        "elgamal-ristretto255",
        lambda: elgamal.PrivateKey.generate("ristretto255"),
        elgamal.AdditiveArray,
        elgamal,
        messages=st.integers(-100, 100),
    ),
]


@cache
def _key(name: str, which: int = 0) -> Any:
    return next(scheme for scheme in SCHEMES if scheme.name == name).make_key()


@pytest.fixture(params=SCHEMES, ids=lambda scheme: scheme.name)
def scheme(request: pytest.FixtureRequest) -> Scheme:
    """Return each cryptosystem in turn."""
    return request.param


@pytest.fixture
def values(scheme: Scheme) -> np.ndarray:
    """Return a small plaintext array with two axes."""
    numbers = np.arange(1, 7).reshape(2, 3)
    return numbers * np.array([1, -1, 10]) if scheme.negation else numbers
