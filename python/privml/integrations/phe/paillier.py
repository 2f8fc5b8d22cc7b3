"""The names of `phe.paillier`, for `from privml.integrations.phe import paillier`."""

from privml.integrations.phe.encoding import EncodedNumber
from privml.integrations.phe.keypair import DEFAULT_KEYSIZE, generate_paillier_keypair
from privml.integrations.phe.keyring import PaillierPrivateKeyring
from privml.integrations.phe.number import EncryptedNumber
from privml.integrations.phe.private import PaillierPrivateKey
from privml.integrations.phe.public import PaillierPublicKey
from privml.integrations.phe.util import getprimeover, invert, isqrt, mulmod, powmod

__all__ = [
    "DEFAULT_KEYSIZE",
    "EncodedNumber",
    "EncryptedNumber",
    "PaillierPrivateKey",
    "PaillierPrivateKeyring",
    "PaillierPublicKey",
    "generate_paillier_keypair",
    "getprimeover",
    "invert",
    "isqrt",
    "mulmod",
    "powmod",
]
