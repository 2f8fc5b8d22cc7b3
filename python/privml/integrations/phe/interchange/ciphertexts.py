"""Ciphertexts of python-paillier, as privml's own arrays."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from privml import encoding
from privml.encoding import Encoding
from privml.errors import (
    DecodeError,
    EncodingOverflowError,
    KeyMismatchError,
    ParameterError,
    ShapeError,
)
from privml.integrations.phe.core import Batch, batch_of, times
from privml.integrations.phe.interchange.text import from_decimal, json_object, to_decimal
from privml.paillier import EncryptedArray, PublicKey

__all__ = [
    "EXPONENT_BITS",
    "MAX_EXPONENT",
    "aligned_array",
    "array_from_csv",
    "array_from_json",
    "array_to_csv",
    "array_to_json",
    "base_exponent",
    "largest_integer",
]

EXPONENT_BITS = 4
"""Bits to a step of python-paillier's exponents: its base is 16."""

MAX_EXPONENT = 1 << 14
"""Larger exponents fit no key; what strangers send must not ask for astronomical powers."""

_EXPONENT = re.compile(r"-?[0-9]{1,6}", re.ASCII)


def array_to_json(array: EncryptedArray, *, with_key: bool = True) -> str:
    """Return an encrypted array as python-paillier's JSON.

    Like all of privml's ways out it does not re-randomise: call :meth:`EncryptedArray.rerandomize` first if
    where the array came from must not show.

    Parameters
    ----------
    array : EncryptedArray
        Without axes (`{"v": ..., "e": ...}`) or with one (`{"public_key": ..., "values": ...}`). Its scale
        must be a power of 16: integers, `fractional_bits` divisible by 4, means over a power of 2.
    with_key : bool
        Put the modulus beside a vector, as python-paillier's documentation does.

    Raises
    ------
    ParameterError
        If the scale is no power of 16.
    ShapeError
        If the array has more than one axis.
    EncodingOverflowError
        If the bound is beyond the third of the modulus that python-paillier allows.
    """
    pairs = _pairs(array)
    if array.ndim == 0:
        return json.dumps({"v": pairs[0][0], "e": pairs[0][1]})
    public = {"public_key": {"n": array.public_key.n}} if with_key else {}
    return json.dumps({**public, "values": pairs})


def array_from_json(
    data: str | bytes | Mapping[str, Any],
    public_key: PublicKey | None = None,
    *,
    limit: float,
    insecure_key_size: bool = False,
) -> EncryptedArray:
    """Return the encrypted array in python-paillier's JSON: a number without axes, or a vector.

    Parameters
    ----------
    data : str, bytes or mapping
        JSON, or what `json.loads` made of it.
    public_key : PublicKey, optional
        The key that the numbers belong to. A single number does not name its key; a vector may.
    limit : number
        The largest magnitude of a number, public. python-paillier states none; whoever encrypted knows it.
    insecure_key_size : bool
        Allow a vector's own key to be under 2048 bits, for tests and teaching.

    Returns
    -------
    EncryptedArray
        Of integers if no exponent is negative.

    Raises
    ------
    DecodeError
        If it is not such a document.
    ParameterError
        If neither the argument nor the document names the key.
    KeyMismatchError
        If both do, and not the same.
    InvalidCiphertextError
        If a number is not an invertible one below n**2.
    EncodingOverflowError
        If the key cannot hold `limit` at the smallest exponent.
    """
    document = json_object(data, "ciphertexts")
    shape: tuple[int, ...] = ()
    if "v" in document and "e" in document:
        pairs = [(document["v"], document["e"])]
    elif isinstance(values := document.get("values"), list):
        pairs, shape = values, (len(values),)
    else:
        raise DecodeError("ciphertexts are {'v': ..., 'e': ...} or {'values': [[..., ...], ...]}")
    key = _key_of(document, public_key, insecure_key_size)
    ciphertexts, exponents = _parsed(pairs)
    return aligned_array(batch_of(ciphertexts, key), exponents, key, limit, shape)


def array_to_csv(array: EncryptedArray) -> str:
    """Return an encrypted array of one axis as CSV: `v,e`, then a ciphertext and an exponent on each line.

    Raises as :func:`array_to_json` does.
    """
    if array.ndim != 1:
        raise ShapeError(f"CSV holds arrays of one axis and this has the shape {array.shape}: ravel() it")
    return "v,e\n" + "".join(f"{value},{exponent}\n" for value, exponent in _pairs(array))


def array_from_csv(text: str, public_key: PublicKey, *, limit: float) -> EncryptedArray:
    """Return the encrypted array in CSV that :func:`array_to_csv` wrote; see :func:`array_from_json`."""
    try:
        rows = [row for row in csv.reader(io.StringIO(text), strict=True) if row]
        if not rows or rows[0] != ["v", "e"]:
            raise DecodeError("the CSV does not begin with the header v,e")
        pairs = [(value, _small_int(exponent)) for value, exponent in rows[1:]]
    except (csv.Error, ValueError) as error:
        raise error if isinstance(error, DecodeError) else DecodeError(f"no CSV of v,e: {error}") from None
    ciphertexts, exponents = _parsed(pairs)
    batch = batch_of(ciphertexts, public_key)
    return aligned_array(batch, exponents, public_key, limit, (len(pairs),))


def aligned_array(
    batch: Batch,
    exponents: Sequence[int],
    public_key: PublicKey,
    limit: object,
    shape: tuple[int, ...],
) -> EncryptedArray:
    """Bring ciphertexts with an exponent each to the smallest exponent, by public multiplications.

    Raises
    ------
    EncodingOverflowError
        If the key cannot hold `limit` at the smallest exponent.
    """
    lowest = min([0, *exponents])
    if lowest < -MAX_EXPONENT or max([0, *exponents]) > MAX_EXPONENT:
        raise DecodeError(f"an exponent is beyond ±{MAX_EXPONENT}")
    bits = -EXPONENT_BITS * lowest
    exact = encoding.check_limit(limit)
    scale = Encoding(lowest == 0, bits, int(exact * 2**bits))
    scale.check_fits(public_key.capacity, f"aligning numbers within limit={limit} to the exponent {lowest}")
    shifts = [EXPONENT_BITS * (exponent - lowest) for exponent in exponents]
    if max(shifts, default=0) >= public_key.bits - 1:
        raise EncodingOverflowError(
            f"the exponents span {max(shifts)} bits and the key holds {public_key.bits - 1}"
        )
    if any(shifts):
        batch = times(batch, [1 << shift for shift in shifts])
    return EncryptedArray(batch, shape, scale, public_key)


def largest_integer(n: int) -> int:
    """Return the largest magnitude that python-paillier encodes: a third of the range is an alarm."""
    return n // 3 - 1


def base_exponent(array: EncryptedArray) -> int:
    """Return the exponent to the base 16 that an array's one scale is; errors as :func:`array_to_json`."""
    scale = array.encoding
    bits = scale.fractional_bits + scale.divisor.bit_length() - 1
    if scale.divisor & (scale.divisor - 1) or bits % EXPONENT_BITS:
        over = "" if scale.divisor == 1 else f" over the divisor {scale.divisor}"
        raise ParameterError(
            f"the array has fractional_bits={scale.fractional_bits}{over}; python-paillier's exponents have "
            "the base 16, so export needs fractional_bits divisible by 4: encrypt with such a number"
        )
    if scale.bound > largest_integer(array.public_key.n):
        raise EncodingOverflowError(
            "the array's bound is beyond the third of the modulus that python-paillier takes for numbers: "
            "declare a smaller limit="
        )
    return -(bits // EXPONENT_BITS)


def _key_of(document: Mapping[str, Any], given: PublicKey | None, insecure_key_size: bool) -> PublicKey:
    if "public_key" not in document:
        if given is None:
            raise ParameterError("the document does not name its key: pass public_key")
        return given
    named = document["public_key"]
    n = named.get("n") if isinstance(named, Mapping) else None
    if isinstance(n, str):
        n = from_decimal(n)
    if not isinstance(n, int) or isinstance(n, bool) or n < 1:
        raise DecodeError("the document's public_key has no number n")
    if given is None:
        return PublicKey(n, insecure_key_size=insecure_key_size)
    if given.n != n:
        raise KeyMismatchError(f"the document names another key than the one given, {given.fingerprint}")
    return given


def _parsed(pairs: Sequence[Any]) -> tuple[list[int], list[int]]:
    ciphertexts, exponents = [], []
    for i, pair in enumerate(pairs):
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise DecodeError(f"values[{i}] is no pair of a ciphertext and an exponent")
        value, exponent = pair
        if not isinstance(exponent, int) or isinstance(exponent, bool):
            raise DecodeError(f"values[{i}] has an exponent that is no integer")
        ciphertexts.append(from_decimal(value, f"values[{i}]"))
        exponents.append(exponent)
    return ciphertexts, exponents


def _small_int(text: str) -> int:
    if not _EXPONENT.fullmatch(text):
        raise DecodeError("an exponent is no small integer")
    return int(text)


def _pairs(array: EncryptedArray) -> list[tuple[str, int]]:
    if array.ndim > 1:
        raise ShapeError(f"python-paillier has no arrays of shape {array.shape}: ravel() it first")
    exponent = base_exponent(array)
    return [(to_decimal(c), exponent) for c in array.ravel().raw()]
