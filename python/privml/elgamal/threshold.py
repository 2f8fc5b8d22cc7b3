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

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from privml import encoding
from privml._core import KeyGenerationParty, PartyIdentity, ThresholdKeyShare, ThresholdPublicKey
from privml._files import write_atomically
from privml._progress import Progress, reporting
from privml._wording import a_type
from privml.errors import ParameterError, UnsupportedOperationError

__all__ = ["Identity", "KeyGeneration", "KeyShare", "PublicKey"]


class PublicKey:
    """What all parties know of a shared key: the public key, and commitments to the shares.

    Made with a :class:`KeyShare`, or read by :meth:`from_bytes`. Compares, hashes and pickles. Parties
    compare its `fingerprint` before they rely on it: it covers the group, the sizes and all commitments.
    """

    __slots__ = ("_core",)
    _core: ThresholdPublicKey

    def __init__(self) -> None:
        raise UnsupportedOperationError(
            "a shared PublicKey comes with a KeyShare, or from PublicKey.from_bytes"
        )

    @classmethod
    def _of(cls, core: ThresholdPublicKey) -> PublicKey:
        key = object.__new__(cls)
        key._core = core
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
    def fingerprint(self) -> str:
        """The first eight bytes of the encoding's SHA-256, in hexadecimal."""
        return self._core.fingerprint[:8].hex()

    def verify(
        self,
        ciphertexts: bytes,
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
                _bytes(ciphertexts, "ciphertexts"), _all_bytes(partials, "partials"), label(session), callback
            )

    def combine(
        self,
        ciphertexts: bytes,
        partials: Sequence[bytes],
        *,
        session: str | bytes,
        progress: Progress = None,
    ) -> bytes:
        """Check partial decryptions and decrypt.

        Parameters
        ----------
        ciphertexts : bytes
            Both elements of each ciphertext in the group's canonical encoding (32 bytes each on ristretto255;
            little-endian and as long as the prime in a finite field), one ciphertext after the other.
        partials : sequence of bytes
            From :meth:`KeyShare.decrypt_partially`, of at least `threshold` different parties. All are
            checked.
        session : str or bytes
            The label that they were made under.
        progress : bool or callable, optional
            As for :meth:`privml.paillier.PublicKey.encrypt`.

        Returns
        -------
        bytes
            For each ciphertext the plaintext's element, encoded: in the multiplicative scheme the integer
            itself, in the additive one `v` times the base point.

        Raises
        ------
        MisbehaviourError
            If proofs do not hold; `parties` names all whose do not.
        ParameterError
            If there are too few, two of one party, or one of another session or of other ciphertexts.
        KeyMismatchError, DecodeError, InvalidCiphertextError
            If one belongs to another shared key, or bytes are not what they should be.
        """
        with reporting(progress, "decrypting") as callback:
            return self._core.combine(
                _bytes(ciphertexts, "ciphertexts"), _all_bytes(partials, "partials"), label(session), callback
            )

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
        return cls._of(ThresholdPublicKey.from_bytes(_bytes(data, "data")))

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


class _Secret:
    """A handle of something secret, which stays in the core: no pickling, no copies."""

    __slots__ = ()

    def _stay(self, *_: object) -> NoReturn:
        raise UnsupportedOperationError(
            f"a {type(self).__name__} does not pickle or copy, so as not to leave the process unnoticed"
        )

    __reduce_ex__ = __reduce__ = __copy__ = __deepcopy__ = __getstate__ = _stay


class KeyShare(_Secret):
    """One party's share of a private key.

    Made by :meth:`generate`, by a :class:`KeyGeneration`, or read by :meth:`load`. The share itself lives
    in the core. It has been checked against the public commitments.
    """

    __slots__ = ("_core",)
    _core: ThresholdKeyShare

    def __init__(self) -> None:
        raise UnsupportedOperationError(
            "a KeyShare is made by KeyShare.generate, KeyGeneration or KeyShare.load"
        )

    @classmethod
    def _of(cls, core: ThresholdKeyShare) -> KeyShare:
        share = object.__new__(cls)
        share._core = core
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
        return PublicKey._of(self._core.public_key)

    def decrypt_partially(
        self, ciphertexts: bytes, *, session: str | bytes, progress: Progress = None
    ) -> bytes:
        """Return this party's part of a decryption, with its proof.

        **Decide first whether these ciphertexts may be opened**: parties who decrypt whatever they are sent
        are an open key.

        Parameters
        ----------
        ciphertexts : bytes
            As for :meth:`PublicKey.combine`.
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
        InvalidCiphertextError
            If an element is not in the group.
        """
        with reporting(progress, "decrypting") as callback:
            return self._core.decrypt_partially(_bytes(ciphertexts, "ciphertexts"), label(session), callback)

    def save(self, path: str | os.PathLike[str], *, password: str | bytes, force: bool = False) -> None:
        """Write the share to a file, encrypted under a password, as private keys are.

        Parameters and errors are those of :meth:`privml.paillier.PrivateKey.save`.
        """
        write_atomically(path, self._core.to_encrypted_bytes(_password(password)), mode=0o600, force=force)

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
        return cls._of(ThresholdKeyShare.from_encrypted_bytes(Path(path).read_bytes(), _password(password)))

    def __repr__(self) -> str:
        """Return party, sizes, group and fingerprint, nothing secret."""
        key = self.public_key
        return (
            f"KeyShare(party {self.party} of {key.parties}, {key.threshold} decrypt, {key.group}, "
            f"fingerprint={key.fingerprint})"
        )


class Identity(_Secret):
    """A key pair that a party of :class:`KeyGeneration` signs its messages with.

    The others must get `public` authentically, before the run.
    """

    __slots__ = ("_core",)
    _core: PartyIdentity

    def __init__(self) -> None:
        raise UnsupportedOperationError("an Identity is made by Identity.generate() or Identity.load")

    @classmethod
    def _of(cls, core: PartyIdentity) -> Identity:
        identity = object.__new__(cls)
        identity._core = core
        return identity

    @classmethod
    def generate(cls) -> Identity:
        """Make a new one from the operating system's randomness."""
        return cls._of(PartyIdentity.generate())

    @property
    def public(self) -> bytes:
        """What others know it by, 32 bytes."""
        return self._core.public

    def save(self, path: str | os.PathLike[str], *, password: str | bytes, force: bool = False) -> None:
        """Write it to a file, encrypted under a password, as private keys are."""
        write_atomically(path, self._core.to_encrypted_bytes(_password(password)), mode=0o600, force=force)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, password: str | bytes) -> Identity:
        """Read what :meth:`save` wrote; raises `WrongPasswordError` or `DecodeError`."""
        return cls._of(PartyIdentity.from_encrypted_bytes(Path(path).read_bytes(), _password(password)))

    def __repr__(self) -> str:
        """Return the public half."""
        return f"Identity({self.public.hex()})"


class KeyGeneration(_Secret):
    """One party in a run that makes a key on ristretto255 without a dealer.

    Five rounds; in each every party sends one message to all others. Bytes in, bytes out: how they travel
    is the caller's. Messages are signed and what is secret in them is encrypted, so the network need not be
    trusted. A run ends with a share for everyone, or with an error that names who broke it.

    Parameters
    ----------
    identity : Identity
        This party's.
    identities : sequence of bytes
        The public identities of all parties, this one's among them, in an order all agree on: party 1 first.
    threshold : int
        How many decrypt, 2 to the number of parties.
    session : str or bytes
        A label that all agree on and that has not been used before by these parties.

    Raises
    ------
    ParameterError, InvalidKeyError
        If the parties, their number or the threshold cannot be.

    Notes
    -----
    Pedersen's protocol with FROST's safeguards. Anyone can stop a run, and by stopping several choose among
    their keys; see SECURITY.md.
    """

    __slots__ = ("_core", "_first")
    _core: KeyGenerationParty
    _first: bytes

    def __init__(
        self, identity: Identity, identities: Sequence[bytes], *, threshold: int, session: str | bytes
    ) -> None:
        if not isinstance(identity, Identity):
            raise ParameterError(f"identity is {a_type(identity)}; allowed is an Identity")
        everyone = _all_bytes(identities, "identities")
        needed = encoding.check_int(threshold, "threshold", 2, 255)
        self._core, self._first = KeyGenerationParty.start(identity._core, everyone, needed, label(session))

    @property
    def number(self) -> int:
        """The number of this party, from 1."""
        return self._core.number

    @property
    def round(self) -> int:
        """The round whose messages are awaited, 1 to 5; 0 once the run is over."""
        return self._core.round

    @property
    def first_message(self) -> bytes:
        """What to send to all others first."""
        return self._first

    def receive(self, messages: Sequence[bytes]) -> bytes | KeyShare:
        """Take all other parties' messages of this round.

        Parameters
        ----------
        messages : sequence of bytes
            One of each other party, in any order.

        Returns
        -------
        bytes or KeyShare
            The next message to all others; after the fifth round this party's share.

        Raises
        ------
        MisbehaviourError
            If a party broke the protocol, which `parties` names. The run is over. Where two parties' words
            stand against each other, both are named.
        ParameterError, DecodeError
            If a message is missing, damaged, not signed, or of another session or round: nobody's fault as
            far as can be told, and the round can be tried again.
        """
        result = self._core.receive(_all_bytes(messages, "messages"))
        return result if isinstance(result, bytes) else KeyShare._of(result)

    def __repr__(self) -> str:
        """Return number and round."""
        return f"KeyGeneration(party {self.number}, round {self.round})"


def label(session: str | bytes, name: str = "session") -> bytes:
    """Return a label's bytes: text as UTF-8 in normal form C, so that it is the same on every keyboard."""
    if not isinstance(session, str | bytes):
        raise ParameterError(f"{name} is {a_type(session)}; allowed are str and bytes")
    if not session:
        raise ParameterError(f"{name} is empty")
    if isinstance(session, bytes):
        return session
    try:
        return unicodedata.normalize("NFC", session).encode()
    except UnicodeEncodeError:
        raise ParameterError(f"{name} is no valid Unicode text") from None


def _password(password: str | bytes) -> bytes:
    return label(password, "password")


def _bytes(data: object, name: str) -> bytes:
    if not isinstance(data, bytes | bytearray | memoryview):
        raise ParameterError(f"{name} is {a_type(data)}; allowed is bytes")
    return bytes(data)


def _all_bytes(items: Sequence[bytes], name: str) -> list[bytes]:
    if isinstance(items, str | bytes | bytearray) or not isinstance(items, Sequence):
        raise ParameterError(f"{name} is {a_type(items)}; allowed is a sequence of bytes")
    return [_bytes(item, f"{name}[{index}]") for index, item in enumerate(items)]
