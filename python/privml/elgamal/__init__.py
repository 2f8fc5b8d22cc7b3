"""Homomorphic encryption of NumPy arrays in groups of prime order (ElGamal, IEEE Trans. Inf. Theory 1985).

Whoever has the public key encrypts and computes on encrypted arrays; only the holder of the private key sees
a result. The group that a key is made in decides what can be computed:

* `"ffdhe2048"`, `"ffdhe3072"` (the default), `"ffdhe4096"`: products, quotients and public powers of positive
  integers, or of positive reals with a public scale. The groups of RFC 7919, in the quotient by the signs,
  whose order is prime: no bit of a plaintext shows in a ciphertext, as its Legendre symbol does where ElGamal
  is used modulo p without such care.
* `"ristretto255"`: sums, differences and public multiples of small integers (Cramer, Gennaro, Schoenmakers,
  EUROCRYPT 1997). Decryption searches for the plaintext, so results must be at most 2**40 in magnitude; what
  might be larger is refused where it is caused. A ciphertext takes 64 bytes, a twelfth of Paillier's.

:mod:`privml.elgamal.threshold` has keys of which any t of n parties decrypt, with or without a dealer, and
:mod:`privml.elgamal.ballots` encrypted ballots with proofs, counted by such parties.

What holds and what does not:

* Ciphertexts hide values (under the decisional Diffie-Hellman assumption, DDH), not shapes, scales, bounds,
  the key or what was done to an array.
* In the groups of RFC 7919 exponents are short by default: 256, 288 or 352 bits for 2048, 3072 or 4096, where
  the RFC asks for 225, 275 and 325. This needs the assumption that powers with short exponents cannot be told
  from others (Koshiba and Kurosawa, PKC 2004). `full_exponent=True` makes a key that does not need it,
  several times slower.
* **Results are not re-randomised**: from `c` and `c * w` anyone finds `w`. Plain operands count as public.
  Call `rerandomize` on what leaves, if where it came from must not show.
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
>>> key = elgamal.PrivateKey.generate("ristretto255")
>>> votes = key.public_key.encrypt([True, False, True])
>>> print(key.decrypt(votes.sum()))
2
"""

from privml._array import concatenate, stack
from privml.elgamal import ballots, threshold
from privml.elgamal.additive import AdditivePrivateKey, AdditivePublicKey
from privml.elgamal.keys import EncryptedArray, PrivateKey, PublicKey
from privml.elgamal.multiplicative import MultiplicativePrivateKey, MultiplicativePublicKey
from privml.elgamal.products import MultiplicativeArray
from privml.elgamal.sums import AdditiveArray, bincount

__all__ = [
    "AdditiveArray",
    "AdditivePrivateKey",
    "AdditivePublicKey",
    "EncryptedArray",
    "MultiplicativeArray",
    "MultiplicativePrivateKey",
    "MultiplicativePublicKey",
    "PrivateKey",
    "PublicKey",
    "ballots",
    "bincount",
    "concatenate",
    "stack",
    "threshold",
]
