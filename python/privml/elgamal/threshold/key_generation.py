"""A key that nobody deals: its parties' identities, and one party in a run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from privml import encoding
from privml._core import KeyGenerationParty, PartyIdentity
from privml._stored import Sealed, Staying, check_password
from privml._wording import a_type
from privml.elgamal.threshold.arguments import all_bytes, label
from privml.elgamal.threshold.shared import KeyShare
from privml.errors import ParameterError, UnsupportedOperationError

__all__ = ["Identity", "KeyGeneration"]


class Identity(Sealed):
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

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, password: str | bytes) -> Identity:
        """Read what :meth:`save` wrote; raises `WrongPasswordError` or `DecodeError`."""
        return cls._of(PartyIdentity.from_encrypted_bytes(Path(path).read_bytes(), check_password(password)))

    def __repr__(self) -> str:
        """Return the public half."""
        return f"Identity({self.public.hex()})"


class KeyGeneration(Staying):
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
        everyone = all_bytes(identities, "identities")
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
        result = self._core.receive(all_bytes(messages, "messages"))
        return result if isinstance(result, bytes) else KeyShare._of(result)

    def __repr__(self) -> str:
        """Return number and round."""
        return f"KeyGeneration(party {self.number}, round {self.round})"
