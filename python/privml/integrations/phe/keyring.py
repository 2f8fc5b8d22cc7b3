"""Private keys, found by their public keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from privml._wording import a_type
from privml.errors import DtypeError
from privml.integrations.phe.batch import check_numbers
from privml.integrations.phe.number import EncryptedNumber
from privml.integrations.phe.private import PaillierPrivateKey
from privml.integrations.phe.public import PaillierPublicKey

__all__ = ["PaillierPrivateKeyring"]


class PaillierPrivateKeyring(Mapping[PaillierPublicKey, PaillierPrivateKey]):
    """Holds private keys and decrypts with the one that fits.

    Parameters
    ----------
    private_keys : iterable of PaillierPrivateKey, optional
        To begin with.
    """

    def __init__(self, private_keys: Iterable[PaillierPrivateKey] | None = None) -> None:
        self._keys: dict[PaillierPublicKey, PaillierPrivateKey] = {}
        for private_key in private_keys or ():
            self.add(private_key)

    def __getitem__(self, key: PaillierPublicKey) -> PaillierPrivateKey:
        """Return the private key of a public one."""
        return self._keys[key]

    def __len__(self) -> int:
        """Return how many keys there are."""
        return len(self._keys)

    def __iter__(self) -> Iterator[PaillierPublicKey]:
        """Iterate over the public keys."""
        return iter(self._keys)

    def __delitem__(self, public_key: PaillierPublicKey) -> None:
        """Forget the private key of a public one."""
        del self._keys[public_key]

    def add(self, private_key: PaillierPrivateKey) -> None:
        """Add a private key.

        Raises
        ------
        DtypeError
            If it is none: a `TypeError`.
        """
        if not isinstance(private_key, PaillierPrivateKey):
            raise DtypeError(f"private_key is {a_type(private_key)}, not a PaillierPrivateKey")
        self._keys[private_key.public_key] = private_key

    def decrypt(self, encrypted_number: EncryptedNumber) -> int | float:
        """Decrypt a number with the key that fits.

        Raises
        ------
        KeyError
            If there is none. Else as :meth:`PaillierPrivateKey.decrypt`.
        """
        check_numbers([encrypted_number])
        return self._keys[encrypted_number.public_key].decrypt(encrypted_number)
