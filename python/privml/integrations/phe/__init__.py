"""A drop-in for python-paillier: `import privml.integrations.phe as paillier` serves code written for `phe`.

Own code, written from python-paillier's documented behaviour; `phe` (GPL-3) is neither copied nor imported.
The same names, one encrypted number at a time, each with an exponent of 16 of its own:

>>> from privml.integrations import phe as paillier
>>> public_key, private_key = paillier.generate_paillier_keypair(n_length=2048)
>>> x, y = public_key.encrypt(3.5), public_key.encrypt(-2)
>>> private_key.decrypt(2 * x + y - 0.25)
4.75

and, beyond python-paillier, many at once, which is where the speed is:

>>> numbers = public_key.encrypt_many([0.5, 1.0, 1e6], precision=1e-6)
>>> private_key.decrypt_many(numbers)
[0.5, 1.0, 1000000.0]
>>> private_key.decrypt(paillier.sum_many(numbers))
1000001.5
>>> paillier.to_array(numbers, limit=1e7)
EncryptedArray(shape=(3,), fractional_bits=20, bound=2**44, key=2048 bits)

What it inherits from python-paillier, and :mod:`privml.paillier` does otherwise:

* **Exponents are public and tell about values.** A float's exponent says its magnitude within a factor of 16,
  and whether a number was an int at all; products add the exponents of their factors. `precision=` gives all
  numbers one exponent.
* **Numbers have no bound.** A result beyond n/3 is noticed at decryption only if it lands in the third of
  the range that is kept free. After enough products it may land elsewhere and be wrong without an error.
* Operations are on one number; results are not hidden from whoever saw the operands until they are
  obfuscated (:meth:`EncryptedNumber.ciphertext` does it, :func:`obfuscate_many` for many at once).

What differs from python-paillier: private keys do not pickle, and generated ones keep `p` and `q` to
themselves (:class:`PaillierPrivateKey`); keys have 128 to 8192 bits, and a warning under 2048; NumPy's
integers and floats are taken; ciphertexts are checked where they are first used; encryption noise is
`"short"` unless a key says `noise="uniform"` (:class:`PaillierPublicKey`). `docs/phe.md` has all of it.

:mod:`privml.integrations.phe.interchange` reads and writes python-paillier's files for
:mod:`privml.paillier`'s own keys and arrays.
"""

from privml.integrations.phe import encoding, interchange, paillier, util
from privml.integrations.phe.batch import from_array, obfuscate_many, sum_many, to_array
from privml.integrations.phe.encoding import EncodedNumber
from privml.integrations.phe.files import (
    dump_private_key,
    dump_public_key,
    load_private_key,
    load_public_key,
)
from privml.integrations.phe.keypair import DEFAULT_KEYSIZE, generate_paillier_keypair
from privml.integrations.phe.keyring import PaillierPrivateKeyring
from privml.integrations.phe.modulus import InsecureKeySizeWarning
from privml.integrations.phe.number import EncryptedNumber, NotMultipliableError
from privml.integrations.phe.private import PaillierPrivateKey
from privml.integrations.phe.public import PaillierPublicKey

__all__ = [
    "DEFAULT_KEYSIZE",
    "EncodedNumber",
    "EncryptedNumber",
    "InsecureKeySizeWarning",
    "NotMultipliableError",
    "PaillierPrivateKey",
    "PaillierPrivateKeyring",
    "PaillierPublicKey",
    "dump_private_key",
    "dump_public_key",
    "encoding",
    "from_array",
    "generate_paillier_keypair",
    "interchange",
    "load_private_key",
    "load_public_key",
    "obfuscate_many",
    "paillier",
    "sum_many",
    "to_array",
    "util",
]
