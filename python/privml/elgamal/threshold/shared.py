"""What all parties know of a shared key, and what each of them holds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, overload

from numpy.typing import NDArray

from privml import encoding
from privml._core import ThresholdKeyShare, ThresholdPublicKey
from privml._files import write_atomically
from privml._progress import Progress, reporting
from privml._stored import Sealed, check_password
from privml.elgamal.additive import AdditiveArray, AdditivePublicKey
from privml.elgamal.multiplicative import MultiplicativeArray, MultiplicativePublicKey
from privml.elgamal.threshold import opening
from privml.elgamal.threshold.arguments import all_bytes, as_bytes, label
from privml.errors import ParameterError, UnsupportedOperationError

__all__ = ["KeyShare", "PublicKey"]


class PublicKey:
    """What all parties know of a shared key: the public key, and commitments to the shares.

    Made with a :class:`KeyShare`, or read by :meth:`from_bytes`. Compares, hashes and pickles. Parties
    compare its `fingerprint` before they rely on it: it covers the group, the sizes and all commitments.
    """

    __slots__ = ("_core", "_encryption_key")
    _core: ThresholdPublicKey
    _encryption_key: AdditivePublicKey | MultiplicativePublicKey | None

    def __init__(self) -> None:
        raise UnsupportedOperationError(
            "a shared PublicKey comes with a KeyShare, or from PublicKey.from_bytes"
        )

    @classmethod
    def _of(cls, core: ThresholdPublicKey) -> PublicKey:
        key = object.__new__(cls)
        key._core = core
        key._encryption_key = None
        return key

    @property
    def group(self) -> str:
        """The group's name: "ristretto255", "ffdhe2048", "ffdhe3072" or "ffdhe4096"."""
        return self._core.group

    @property
    def parties(self) -> int:
        """How many hold a share."""
        return self._core.parties

    @property
    def threshold(self) -> int:
        """How many it takes to decrypt."""
        return self._core.threshold

    @property
    def element(self) -> bytes:
        """The element that is encrypted under, in the group's canonical encoding."""
        return self._core.element

    @property
    def encryption_key(self) -> AdditivePublicKey | MultiplicativePublicKey:
        """The ordinary key to encrypt under, the same object at every call.

        A multiplicative one has full exponents, as the shares have: none of it rests on short exponents, and
        encrypting is several times slower than under a single owner's key of the same group. Its
        `fingerprint` covers the element, not who holds shares.
        """
        if self._encryption_key is None:
            self._encryption_key = opening.encryption_key(self.group, self.element)
        return self._encryption_key

    @property
    def fingerprint(self) -> str:
        """The first eight bytes of the encoding's SHA-256, in hexadecimal."""
        return self._core.fingerprint[:8].hex()

    def verify(
        self,
        ciphertexts: AdditiveArray | MultiplicativeArray | bytes,
        partials: Sequence[bytes],
        *,
        session: str | bytes,
        progress: Progress = None,
    ) -> None:
        """Check partial decryptions, of any number of parties.

        Parameters and errors are those of :meth:`combine`.
        """
        with reporting(progress, "checking") as callback:
            self._core.verify(
                opening.rows(self, ciphertexts), all_bytes(partials, "partials"), label(session), callback
            )

    @overload
    def combine(
        self,
        ciphertexts: bytes,
        partials: Sequence[bytes],
        *,
        session: str | bytes,
        progress: Progress = None,
    ) -> bytes: ...

    @overload
    def combine(
        self,
        ciphertexts: AdditiveArray | MultiplicativeArray,
        partials: Sequence[bytes],
        *,
        session: str | bytes,
        fractions: bool = False,
        progress: Progress = None,
    ) -> NDArray[Any]: ...

    def combine(
        self,
        ciphertexts: AdditiveArray | MultiplicativeArray | bytes,
        partials: Sequence[bytes],
        *,
        session: str | bytes,
        fractions: bool = False,
        progress: Progress = None,
    ) -> NDArray[Any] | bytes:
        """Check partial decryptions and decrypt.

        Parameters
        ----------
        ciphertexts : AdditiveArray, MultiplicativeArray or bytes
            Encrypted under `encryption_key`. As bytes: both elements of each ciphertext in the group's
            canonical encoding (32 bytes each on ristretto255; little-endian and as long as the prime in a
            finite field), one ciphertext after the other.
        partials : sequence of bytes
            From :meth:`KeyShare.decrypt_partially`, of at least `threshold` different parties. All are
            checked.
        session : str or bytes
            The label that they were made under.
        fractions : bool
            Return exact :class:`fractions.Fraction` objects; for a MultiplicativeArray only.
        progress : bool or callable, optional
            As for :meth:`privml.paillier.PublicKey.encrypt`. For an AdditiveArray it counts twice: the
            decryption, and the search for the numbers.

        Returns
        -------
        ndarray or bytes
            The array's numbers, as its scheme's private key decrypts them: shape, dtype, scale and fractions.
            For bytes, of each ciphertext the plaintext's element, encoded: in the multiplicative scheme the
            integer itself, in the additive one `v` times the base point.

        Raises
        ------
        MisbehaviourError
            If proofs do not hold; `parties` names all whose do not.
        ParameterError
            If there are too few, two of one party, or one of another session or of other ciphertexts.
        KeyMismatchError, DecodeError, InvalidCiphertextError
            If the array or a partial decryption belongs to another key, or bytes are not what they should be.
        EncodingOverflowError
            If a number is beyond the array's public bound: the array was tampered with. The proofs cover its
            ciphertexts, not its bound and scale.

        Examples
        --------
        >>> from privml.elgamal import threshold
        >>> shares = threshold.KeyShare.generate(5, 3)
        >>> key = shares[0].public_key
        >>> total = key.encryption_key.encrypt([[2, -3], [5, 7]], limit=100).sum(axis=0)
        >>> partials = [share.decrypt_partially(total, session="May") for share in shares[1:4]]
        >>> key.combine(total, partials, session="May")
        array([7, 4])
        """
        if fractions and not isinstance(ciphertexts, MultiplicativeArray):
            raise ParameterError("fractions is True; allowed is that for a MultiplicativeArray only")
        data, parts = opening.rows(self, ciphertexts), all_bytes(partials, "partials")
        with reporting(progress, "decrypting") as callback:
            elements = self._core.combine(data, parts, label(session), callback)
        if not isinstance(ciphertexts, AdditiveArray | MultiplicativeArray):
            return elements
        with reporting(progress, "searching") as callback:
            return opening.numbers(ciphertexts, elements, bool(fractions), callback)

    def to_bytes(self) -> bytes:
        """Return the key in privml's own format."""
        return self._core.to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> PublicKey:
        """Return the key that :meth:`to_bytes` wrote.

        Raises
        ------
        DecodeError, InvalidKeyError, ParameterError
            If the bytes are anything else.
        """
        return cls._of(ThresholdPublicKey.from_bytes(as_bytes(data, "data")))

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write the key to a file, atomically, and over an existing one only with `force`."""
        write_atomically(path, self.to_bytes(), force=force)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> PublicKey:
        """Read a key that :meth:`save` wrote; errors are those of :meth:`from_bytes`."""
        return cls.from_bytes(Path(path).read_bytes())

    def __eq__(self, other: object) -> bool:
        """Compare the encodings."""
        return self.to_bytes() == other.to_bytes() if isinstance(other, PublicKey) else NotImplemented

    def __hash__(self) -> int:
        """Hash the encoding."""
        return hash(self.to_bytes())

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as bytes."""
        return PublicKey.from_bytes, (self.to_bytes(),)

    def __repr__(self) -> str:
        """Return sizes, group and fingerprint."""
        return (
            f"PublicKey({self.threshold} of {self.parties} decrypt, {self.group}, "
            f"fingerprint={self.fingerprint})"
        )


class KeyShare(Sealed):
    """One party's share of a private key.

    Made by :meth:`generate`, by a :class:`KeyGeneration`, or read by :meth:`load`. The share itself lives
    in the core. It has been checked against the public commitments.
    """

    __slots__ = ("_core", "_public")
    _core: ThresholdKeyShare
    _public: PublicKey

    def __init__(self) -> None:
        raise UnsupportedOperationError(
            "a KeyShare is made by KeyShare.generate, KeyGeneration or KeyShare.load"
        )

    @classmethod
    def _of(cls, core: ThresholdKeyShare) -> KeyShare:
        share = object.__new__(cls)
        share._core = core
        share._public = PublicKey._of(core.public_key)
        return share

    @classmethod
    def generate(cls, parties: int, threshold: int, *, group: str = "ristretto255") -> list[KeyShare]:
        """Make a key and share it. Whoever calls this is a dealer: its process has known the key.

        Parameters
        ----------
        parties : int
            How many shares, 2 to 255.
        threshold : int
            How many decrypt, 2 to `parties`.
        group : str
            "ristretto255" (additive), "ffdhe2048", "ffdhe3072" or "ffdhe4096" (multiplicative).

        Returns
        -------
        list of KeyShare
            That of party 1 first. Save each under its party's password.

        Raises
        ------
        ParameterError
            If a size or the group is not allowed.

        Examples
        --------
        >>> from privml.elgamal import threshold
        >>> [share.party for share in threshold.KeyShare.generate(3, 2)]
        [1, 2, 3]
        """
        count = encoding.check_int(parties, "parties", 2, 255)
        needed = encoding.check_int(threshold, "threshold", 2, count)
        return [cls._of(core) for core in ThresholdKeyShare.generate(group, count, needed)]

    @property
    def party(self) -> int:
        """Whose share it is, from 1."""
        return self._core.party

    @property
    def public_key(self) -> PublicKey:
        """What all parties know."""
        return self._public

    def decrypt_partially(
        self,
        ciphertexts: AdditiveArray | MultiplicativeArray | bytes,
        *,
        session: str | bytes,
        progress: Progress = None,
    ) -> bytes:
        """Return this party's part of a decryption, with its proof.

        **Decide first whether these ciphertexts may be opened**: parties who decrypt whatever they are sent
        are an open key.

        Parameters
        ----------
        ciphertexts : AdditiveArray, MultiplicativeArray or bytes
            As for :meth:`PublicKey.combine`. Of an array the ciphertexts count, not shape, bound and scale.
        session : str or bytes
            What the decryption is for, the same for all parties. A partial decryption counts under this
            label, for these ciphertexts and this party only.
        progress : bool or callable, optional
            As for :meth:`privml.paillier.PublicKey.encrypt`.

        Returns
        -------
        bytes
            For whoever combines. With `threshold` of them and the ciphertexts anyone decrypts.

        Raises
        ------
        KeyMismatchError
            If the array is encrypted under another key than the shared one's `encryption_key`.
        InvalidCiphertextError
            If an element of bytes is not in the group.
        """
        data = opening.rows(self.public_key, ciphertexts)
        with reporting(progress, "decrypting") as callback:
            return self._core.decrypt_partially(data, label(session), callback)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, password: str | bytes) -> KeyShare:
        """Read a share that :meth:`save` wrote, and check it against its commitments.

        Raises
        ------
        WrongPasswordError, DecodeError
            If the password does not open the file, or it is no share's.
        InvalidKeyError
            If the share does not fit: whoever dealt it made a mistake, or cheats.
        """
        return cls._of(
            ThresholdKeyShare.from_encrypted_bytes(Path(path).read_bytes(), check_password(password))
        )

    def __repr__(self) -> str:
        """Return party, sizes, group and fingerprint, nothing secret."""
        key = self.public_key
        return (
            f"KeyShare(party {self.party} of {key.parties}, {key.threshold} decrypt, {key.group}, "
            f"fingerprint={key.fingerprint})"
        )
