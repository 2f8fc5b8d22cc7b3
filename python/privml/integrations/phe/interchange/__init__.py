"""Keys and ciphertexts in python-paillier's formats, read into privml's own classes and written from them.

python-paillier (`phe`) keeps keys in JSON Web Keys (the layout of RFC 7517, with the unregistered key type
`DAJ`), and ciphertexts as decimal numbers in JSON, each with an exponent of its own:

* a key file: `{"kty": "DAJ", "alg": "PAI-GN1", "key_ops": ["encrypt"], "n": "<base64url>", "kid": "..."}`;
  a private one holds `p`, `q` and the public one under `pub`, **in the clear**;
* a number: `{"v": "<decimal>", "e": -13}`, standing for a plaintext times `16**e`;
* a vector: `{"public_key": {"n": ...}, "values": [["<decimal>", -13], ...]}`;
* the same numbers in CSV: a header `v,e`, then a line for each.

A :class:`privml.paillier.EncryptedArray` has one scale and a public bound instead. So reading brings all
numbers to the smallest exponent, by public multiplications, and asks for `limit=`; writing needs a scale that
is a power of 16. Exponents that differ told everyone the magnitude of each float when the file was written;
nothing here takes that back.

Nothing that is read is trusted: whatever the text, the result is an object or a `ValueError` (an
`OverflowError` where the key cannot hold what is declared).

Examples
--------
>>> from privml import paillier
>>> from privml.integrations.phe import interchange
>>> key = paillier.PrivateKey.generate(1024, insecure_key_size=True)
>>> text = interchange.array_to_json(key.encrypt([1.5, -2.0], limit=100))
>>> array = interchange.array_from_json(text, limit=100, insecure_key_size=True)
>>> array
EncryptedArray(shape=(2,), fractional_bits=32, bound=2**39, key=1024 bits)
>>> key.decrypt(array)
array([ 1.5, -2. ])
"""

from privml.integrations.phe.interchange.ciphertexts import (
    array_from_csv,
    array_from_json,
    array_to_csv,
    array_to_json,
)
from privml.integrations.phe.interchange.keys import (
    load_private_key,
    load_public_key,
    private_key_from_json,
    public_key_from_json,
    public_key_to_json,
    save_public_key,
)

__all__ = [
    "array_from_csv",
    "array_from_json",
    "array_to_csv",
    "array_to_json",
    "load_private_key",
    "load_public_key",
    "private_key_from_json",
    "public_key_from_json",
    "public_key_to_json",
    "save_public_key",
]
