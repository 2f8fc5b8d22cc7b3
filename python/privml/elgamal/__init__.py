"""Multiplicatively homomorphic encryption of NumPy arrays (ElGamal, IEEE Trans. Inf. Theory 1985).

Whoever has the public key encrypts, and multiplies, divides and raises encrypted arrays to public powers;
only the holder of the private key sees a result. Numbers are positive integers, or positive reals with a
public scale. (To add under encryption, take :mod:`privml.paillier`.)

The groups are those of RFC 7919, the default being `"ffdhe3072"` (about 128 bits of security). They are
worked in the quotient by the signs, whose order is prime: no bit of a plaintext shows in a ciphertext, as its
Legendre symbol does where ElGamal is used modulo p without such care.

What holds and what does not:

* Ciphertexts hide values (under the decisional Diffie-Hellman assumption, DDH), not shapes, scales, bounds,
  the key or what was done to an array.
* By default exponents are short: 256, 288 or 352 bits for 2048, 3072 or 4096, where RFC 7919 asks for 225,
  275 and 325. This needs the assumption that powers with short exponents cannot be told from others (Koshiba
  and Kurosawa, PKC 2004). `full_exponent=True` makes a key that does not need it, several times slower.
* **Results are not re-randomised**: from `c` and `c * w` anyone finds `w`. Plain operands count as public.
  Call :meth:`MultiplicativeArray.rerandomize` on what leaves, if where it came from must not show.
* Ciphertexts are malleable: a stranger can change what one decrypts to. Authenticate messages, and do not
  show a stranger whether his ciphertext decrypted well.
* The holder of the private key can open every array he gets hold of, also those of single parties. Who sends
  what to whom decides what he learns.

Examples
--------
>>> import numpy as np
>>> from privml import elgamal
>>> key = elgamal.PrivateKey.generate("ffdhe2048")
>>> c = key.public_key.encrypt([[2, 3], [5, 7]], limit=10)
>>> key.decrypt(c.prod(axis=1))
array([ 6, 35])
>>> key.decrypt(c[0] / c[1])
array([0.4       , 0.42857143])
>>> ratios = key.public_key.encrypt([0.5, 1.75], fractional_bits=16, limit=100)
>>> key.decrypt(np.prod(ratios) ** 2)
array(0.765625)
"""

from privml._array import concatenate, stack
from privml.elgamal.keys import EncryptedArray, PrivateKey, PublicKey
from privml.elgamal.multiplicative import MultiplicativePrivateKey, MultiplicativePublicKey
from privml.elgamal.products import MultiplicativeArray

__all__ = [
    "EncryptedArray",
    "MultiplicativeArray",
    "MultiplicativePrivateKey",
    "MultiplicativePublicKey",
    "PrivateKey",
    "PublicKey",
    "concatenate",
    "stack",
]
