"""The signs that the encryption is on: what the server received, and what a second key makes of it."""

from __future__ import annotations

from privml.demo.events import Evidence, WhoLearnsWhat
from privml.errors import FederatedError, KeyMismatchError
from privml.paillier import PackedArray, PrivateKey

__all__ = ["collect_evidence", "who_learns_what"]

_SHOWN = 48


def collect_evidence(
    packed: bytes, *, message_bytes: int, hospital: str, number: int, key: PrivateKey, insecure_key_size: bool
) -> Evidence:
    """
    Look at one encrypted update as the server got it.

    Parameters
    ----------
    packed : bytes
        The packed array in the message.
    message_bytes : int
        Size of the whole message.
    hospital : str
        Who sent it.
    number : int
        In which round.
    key : PrivateKey
        The hospitals' key: a second one of its size is made here.
    insecure_key_size : bool
        Whether that size is one for tests.

    Returns
    -------
    Evidence
        What to show.

    Raises
    ------
    FederatedError
        If the second key was not refused.
    """
    array = PackedArray.from_bytes(packed, key.public_key)
    # Ciphertexts are the last thing in the array, each as wide as the square of the modulus.
    body = len(packed) - array.ciphertexts * _ciphertext_width(key.bits)
    second = PrivateKey.generate(key.bits, insecure_key_size=insecure_key_size)
    try:
        second.decrypt(array)
    except KeyMismatchError as error:
        refusal = f"{type(error).__name__}: {error}"
    else:
        raise FederatedError("a second key opened the hospitals' ciphertext")
    return Evidence(
        hospital=hospital,
        round=number,
        first_bytes=packed[:_SHOWN],
        ciphertext_bytes=packed[body : body + _SHOWN],
        message_bytes=message_bytes,
        ciphertexts=array.ciphertexts,
        refusal=refusal,
        who=who_learns_what(key.bits),
    )


def _ciphertext_width(bits: int) -> int:
    # Whole 64-bit words of n, twice.
    return 2 * 8 * -(-bits // 64)


def who_learns_what(bits: int) -> tuple[WhoLearnsWhat, ...]:
    """Say in three lines who could learn what; no stronger than what SECURITY.md argues."""
    return (
        WhoLearnsWhat(
            "the server",
            f"{bits}-bit ciphertexts, the shape and the scale of what is in them, and which hospital took "
            "part when; no update, no model, no metric and no number of patients, so long as nobody who "
            "holds the private key works with it",
        ),
        WhoLearnsWhat(
            "the hospitals",
            "they share the private key and see what all of them sum to: the model after every round, "
            "combined statistics and metrics, the number of patients; a hospital that gets hold of another "
            "one's ciphertext can open it",
        ),
        WhoLearnsWhat(
            "anyone else",
            "on an open line what the server sees, and no key; whoever is given the finished model may still "
            "learn something about the patients from it, which encryption does not prevent",
        ),
    )
