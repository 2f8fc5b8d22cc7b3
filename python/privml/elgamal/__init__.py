"""ElGamal encryption of NumPy arrays: the additive homomorphism over ristretto255.

Exponential ElGamal (Cramer, Gennaro and Schoenmakers, EUROCRYPT 1997): sums of encrypted arrays decrypt to
sums. Decryption searches for the plaintext, so results must be small integers, at most 2**40 in magnitude;
what might be larger is refused where it is caused. Ciphertexts take 64 bytes, a twelfth of Paillier's.

Examples
--------
>>> from privml import elgamal
>>> key = elgamal.PrivateKey.generate("ristretto255")
>>> votes = key.public_key.encrypt([True, False, True])
>>> print(key.decrypt(votes.sum()))
2
"""

from privml._array import concatenate, stack
from privml.elgamal.additive import AdditivePrivateKey, AdditivePublicKey
from privml.elgamal.keys import EncryptedArray, PrivateKey, PublicKey
from privml.elgamal.sums import AdditiveArray, bincount

__all__ = [
    "AdditiveArray",
    "AdditivePrivateKey",
    "AdditivePublicKey",
    "EncryptedArray",
    "PrivateKey",
    "PublicKey",
    "bincount",
    "concatenate",
    "stack",
]
