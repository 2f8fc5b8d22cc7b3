"""Keys that n parties hold together and of which any t decrypt.

Fewer than t parties, whatever they pool, learn nothing of a plaintext (DDH, and the random oracle model for
the proofs; the coalition fixed in advance). A partial decryption carries a proof, so one that is wrong is
found and its party named. See docs/threshold.md for the protocols and their sources, SECURITY.md for what
does not hold.

Examples
--------
Five officials make a key that nobody deals. Every message goes to all others:

>>> from privml.elgamal import threshold
>>> identities = [threshold.Identity.generate() for _ in range(5)]
>>> public = [identity.public for identity in identities]
>>> officials = [threshold.KeyGeneration(one, public, threshold=3, session="2031") for one in identities]
>>> messages = [official.first_message for official in officials]
>>> while isinstance(messages[0], bytes):
...     messages = [
...         official.receive(messages[:i] + messages[i + 1 :]) for i, official in enumerate(officials)
...     ]
>>> shares = messages
>>> shares[0]
KeyShare(party 1 of 5, 3 decrypt, ristretto255, fingerprint=...)
>>> len({share.public_key for share in shares})
1
"""

from privml.elgamal.threshold.key_generation import Identity, KeyGeneration
from privml.elgamal.threshold.shared import KeyShare, PublicKey

__all__ = ["Identity", "KeyGeneration", "KeyShare", "PublicKey"]
