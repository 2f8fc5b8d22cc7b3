"""Making key pairs."""

from __future__ import annotations

from privml.integrations.phe import util
from privml.integrations.phe.keyring import PaillierPrivateKeyring
from privml.integrations.phe.modulus import warn_of_size
from privml.integrations.phe.private import PaillierPrivateKey
from privml.integrations.phe.public import PaillierPublicKey
from privml.paillier import PrivateKey
from privml.paillier.common import Noise

__all__ = ["DEFAULT_KEYSIZE", "generate_paillier_keypair"]

DEFAULT_KEYSIZE = 3072
"""The length of a modulus unless said otherwise."""


def generate_paillier_keypair(
    private_keyring: PaillierPrivateKeyring | None = None,
    n_length: int = DEFAULT_KEYSIZE,
    *,
    exportable: bool = False,
    noise: Noise = "short",
) -> tuple[PaillierPublicKey, PaillierPrivateKey]:
    """Make a new key pair from the operating system's randomness.

    Parameters
    ----------
    private_keyring : PaillierPrivateKeyring, optional
        Add the private key to it.
    n_length : int
        The length of the modulus: a multiple of 64 from 128 to 8192; any even number with `exportable`. Under
        2048 it brings an :class:`InsecureKeySizeWarning`.
    exportable : bool
        Make the primes in Python, so that `private_key.p` and `.q` can be read. Slower (seconds), and the
        secret is in Python's memory, which nobody wipes. Otherwise the primes never leave the core.
    noise : {"short", "uniform"}
        See :class:`PaillierPublicKey`.

    Raises
    ------
    KeySizeError, ParameterError
        If there are no keys of that length: a `ValueError`.

    Examples
    --------
    >>> from privml.integrations import phe as paillier
    >>> keyring = paillier.PaillierPrivateKeyring()
    >>> public_key, private_key = paillier.generate_paillier_keypair(keyring)
    >>> keyring.decrypt(public_key.encrypt(-1))
    -1
    """
    if exportable:
        p, q = util.key_primes(n_length)
        native = PrivateKey.from_primes(p, q, insecure_key_size=True)
        private_key = PaillierPrivateKey.of_native(native, noise=noise)
        private_key._primes = (min(p, q), max(p, q))
    else:
        native = PrivateKey.generate(n_length, insecure_key_size=True)
        private_key = PaillierPrivateKey.of_native(native, noise=noise)
    warn_of_size(native.bits)
    if private_keyring is not None:
        private_keyring.add(private_key)
    return private_key.public_key, private_key
