"""Additively homomorphic encryption of NumPy arrays (Paillier, EUROCRYPT 1999).

Whoever has the public key encrypts, adds encrypted arrays, adds and multiplies by plaintext; only the
holder of the private key sees a result.

Two kinds of encrypted arrays:

* :class:`EncryptedArray`: one ciphertext per number. Does what NumPy would: `+ - * / @`, sums and means
  over axes, indexing, broadcasting.
* :class:`PackedArray`: many numbers per ciphertext, for sums and means of whole arrays, as in federated
  training. Dozens of times smaller and faster, and nothing but `+ -`, multiplication and division by an
  integer.

What holds and what does not:

* Ciphertexts hide values (under the decisional composite residuosity assumption, DCR), not shapes, scales,
  bounds, the key or what was done to an array.
* **Results of `+ * @ sum` are not re-randomised**: from `c` and `c * w` anyone finds `w` in no time.
  Plaintext operands count as public. Call :meth:`EncryptedArray.rerandomize` on what leaves, if where it
  came from must not show; its docstring says when the faster noise is enough.
* Ciphertexts are malleable: a stranger can change what one decrypts to. Authenticate messages, and do not
  show a stranger whether his ciphertext decrypted well.
* The default noise, `"short"`, draws `h_s**a` with `a` of half the modulus' length (Damgard, Jurik and
  Nielsen, IJIS 2010), and rests on DCR together with the assumption that such short exponents cannot be
  told from long ones. `noise="uniform"` draws the textbook `r**n`, is several times slower, and needs DCR
  alone.

Examples
--------
>>> import numpy as np
>>> from privml import paillier
>>> key = paillier.PrivateKey.generate(1024, insecure_key_size=True)  # small, for a quick example
>>> c = key.public_key.encrypt([[1.5, -2.0], [0.25, 4.0]])
>>> key.decrypt(np.array([[1, 1]]) @ c + 0.5)
array([[2.25, 2.5 ]])
>>> key.decrypt(c.mean(axis=0))
array([0.875, 1.   ])

Sums of whole arrays, packed:

>>> how = dict(limit=8, value_bits=24, additions=100)
>>> parts = [key.public_key.pack(x, **how) for x in ([1.0, -2.0], [0.5, 0.5])]
>>> key.decrypt(paillier.aggregate(parts))
array([ 1.5, -1.5])
"""

from privml._array import concatenate, stack
from privml.paillier.elementwise import EncryptedArray
from privml.paillier.keys import PrivateKey, PublicKey
from privml.paillier.packed import PackedArray
from privml.paillier.products import bincount, dot
from privml.paillier.together import aggregate, from_bytes

__all__ = [
    "EncryptedArray",
    "PackedArray",
    "PrivateKey",
    "PublicKey",
    "aggregate",
    "bincount",
    "concatenate",
    "dot",
    "from_bytes",
    "stack",
]
