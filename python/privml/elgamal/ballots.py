"""Encrypted ballots with proofs, which officials count together and nobody opens singly.

A ballot has a ciphertext for each choice, a proof for each that it holds 0 or 1, and a proof that the row's
sum is within the election's limits. All are bound to the voter, the election and the shared key, so a
ballot proves nothing under another name. Every official keeps a :class:`BallotBox` of all ballots, adds
them up itself, and decrypts only that sum.

What is not hidden or shown: *that* somebody voted is visible; *who* a voter is must be established outside; a
voter can prove to others how they voted. Sources and assumptions: docs/threshold.md and SECURITY.md.

Examples
--------
>>> from privml.elgamal import ballots, threshold
>>> shares = threshold.KeyShare.generate(5, 3)
>>> election = ballots.Election(shares[0].public_key, "board 2031", ["Ann", "Bob", "Eve"])
>>> cast = [election.cast("voter 1", "Bob"), election.cast("voter 2", "Ann"), election.cast("voter 3", "Bob")]
>>> boxes = [ballots.BallotBox(election) for _ in shares]  # one for each official
>>> [len(box.add(cast)) for box in boxes]  # refused ballots
[0, 0, 0, 0, 0]
>>> partials = [box.decrypt_partially(share) for box, share in zip(boxes[1:4], shares[1:4], strict=True)]
>>> boxes[0].total(partials)
{'Ann': 1, 'Bob': 2, 'Eve': 0}
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from privml import encoding
from privml._core import Election as CoreElection
from privml._progress import Progress, reporting
from privml._wording import a_type
from privml.elgamal.threshold import KeyShare, PublicKey
from privml.elgamal.threshold.arguments import all_bytes, label
from privml.errors import KeyMismatchError, ParameterError, PrivmlError

__all__ = ["BallotBox", "Election", "Refusal"]


class Election:
    """What is voted on, and how: the same object, made of the same arguments, at voters and officials.

    Parameters
    ----------
    key : threshold.PublicKey
        Held by the officials, on ristretto255.
    name : str
        A label that no other election under this key has.
    choices : sequence of str
        Their names, 1 to 1000 different ones.
    at_least, at_most : int
        How many a ballot marks. The proof of a row's sum has a part for each number allowed.

    Raises
    ------
    ParameterError
        If these do not go together.
    """

    __slots__ = ("_choices", "_core", "_key", "_name")

    def __init__(
        self, key: PublicKey, name: str, choices: Sequence[str], *, at_least: int = 1, at_most: int = 1
    ) -> None:
        if not isinstance(key, PublicKey):
            raise ParameterError(f"key is {a_type(key)}; allowed is a threshold.PublicKey")
        if isinstance(choices, str) or not all(isinstance(choice, str) for choice in choices):
            raise ParameterError("choices: allowed is a sequence of str")
        self._choices = tuple(choices)
        if len(set(self._choices)) != len(self._choices):
            raise ParameterError("choices: a name is there twice; allowed are different ones")
        self._key = key
        self._name = name
        self._core = CoreElection.create(
            key._core,
            # Proofs bind the names too: a mark for "yes" is none for another list's first choice.
            b"".join(_framed(label(text, "name")) for text in (name, *self._choices)),
            len(self._choices),
            encoding.check_int(at_least, "at_least", 0),
            encoding.check_int(at_most, "at_most", 1),
        )

    @property
    def key(self) -> PublicKey:
        """The key that ballots are encrypted under."""
        return self._key

    @property
    def name(self) -> str:
        """The election's label."""
        return self._name

    @property
    def choices(self) -> tuple[str, ...]:
        """The names of the choices."""
        return self._choices

    def cast(self, voter: str, marks: str | Mapping[str, int] | ArrayLike) -> bytes:
        """Make a voter's ballot.

        Parameters
        ----------
        voter : str
            The voter's name, by which the ballot is bound and repeats are found.
        marks : str, mapping or array_like of int
            One choice's name; or names with 0 or 1 (absent is 0); or 0 or 1 for each choice in order.

        Returns
        -------
        bytes
            For the officials. Only they, `threshold` of them together, could open it; the random numbers that
            could prove its content are wiped.

        Raises
        ------
        ParameterError
            If a mark is neither 0 nor 1, a name is unknown, or the number of marks is not allowed.
        """
        if isinstance(marks, str):
            marks = {marks: 1}
        if isinstance(marks, Mapping):
            unknown = [name for name in marks if name not in self._choices]
            if unknown:
                raise ParameterError(f"marks: {unknown[0]!r} is not among the choices")
            marks = [marks.get(name, 0) for name in self._choices]
        row = np.asarray(marks)
        if row.ndim != 1 or row.dtype.kind not in "iub":
            raise ParameterError(
                f"marks has dtype {row.dtype} and {row.ndim} axes; allowed are integers, one axis"
            )
        if row.size and not ((row == 0) | (row == 1)).all():
            raise ParameterError("marks: found one that is neither 0 nor 1; allowed are 0 and 1")
        return self._core.cast(label(voter, "voter"), row.astype(np.uint8).tobytes())

    def __repr__(self) -> str:
        """Return the name and the choices."""
        return f"Election({self._name!r}, {list(self._choices)})"


@dataclass(frozen=True)
class Refusal:
    """Why a ballot does not count.

    Attributes
    ----------
    index : int
        Its position among those added.
    reason : PrivmlError
        What is wrong with it.
    """

    index: int
    reason: PrivmlError


class BallotBox:
    """One official's ballots, checked, and their sum.

    Parameters
    ----------
    election : Election
        What the ballots are for.
    voters : iterable of str, optional
        Who may vote. Without it every name may: then names must be checked elsewhere.
    """

    __slots__ = ("_closed", "_election", "_nonces", "_rows", "_voters")

    def __init__(self, election: Election, *, voters: Iterable[str] | None = None) -> None:
        if not isinstance(election, Election):
            raise ParameterError(f"election is {a_type(election)}; allowed is an Election")
        self._election = election
        self._voters = None if voters is None else frozenset(label(voter, "voter") for voter in voters)
        self._rows: dict[bytes, bytes] = {}
        self._nonces: set[bytes] = set()
        self._closed = False

    def __len__(self) -> int:
        """Return the number of ballots that count."""
        return len(self._rows)

    def add(self, ballots: Sequence[bytes], *, progress: Progress = None) -> list[Refusal]:
        """Check ballots and keep those that count.

        A voter's first ballot counts, and none after it. A ballot is refused if a proof does not hold for its
        voter and this election, if its voter may not vote or has voted, or if a ciphertext is one that is in
        the box.

        Parameters
        ----------
        ballots : sequence of bytes
            From :meth:`Election.cast`, or from anyone.
        progress : bool or callable, optional
            As for :meth:`privml.paillier.PublicKey.encrypt`.

        Returns
        -------
        list of Refusal
            Those that do not count, in order.

        Raises
        ------
        ParameterError
            If the box is closed.
        """
        self._check_open()
        with reporting(progress, "checking ballots") as callback:
            checked = self._election._core.check(all_bytes(ballots, "ballots"), callback)
        refusals = []
        for index, (voter, row, fault) in enumerate(checked):
            if fault is None and voter is not None and row is not None:
                fault = self._keep(voter, row)
            if fault is not None:
                refusals.append(Refusal(index, fault))
        return refusals

    def _keep(self, voter: bytes, row: bytes) -> PrivmlError | None:
        name = voter.decode("utf-8", "replace")
        if not voter or "\ufffd" in name or unicodedata.normalize("NFC", name).encode() != voter:
            return ParameterError("ballot: the voter's name is empty or not in normal form")
        if self._voters is not None and voter not in self._voters:
            return ParameterError(f"ballot: {name!r} is not among the voters")
        if voter in self._rows:
            return ParameterError(f"ballot: {name!r} has voted before; allowed is one ballot a voter")
        nonces = {row[at : at + 32] for at in range(0, len(row), 64)}
        if len(nonces) < len(row) // 64 or nonces & self._nonces:
            return ParameterError(f"ballot: that of {name!r} repeats a ciphertext")
        self._nonces |= nonces
        self._rows[voter] = row
        return None

    def _check_open(self) -> None:
        if self._closed:
            raise ParameterError(
                "the box is closed: its sum has been partially decrypted, and the difference of two sums "
                "would open single ballots"
            )

    @property
    def digest(self) -> str:
        """A hash of who voted and of all ciphertexts, in hexadecimal: equal at officials with equal boxes."""
        digest = hashlib.sha256()
        for voter, row in sorted(self._rows.items()):
            digest.update(_framed(voter) + _framed(row))
        return digest.hexdigest()

    def decrypt_partially(self, share: KeyShare) -> bytes:
        """Close the box, and return this official's part of decrypting its sum.

        Parameters
        ----------
        share : threshold.KeyShare
            This official's.

        Returns
        -------
        bytes
            For :meth:`total`. It counts for the sum of exactly these ballots only.

        Raises
        ------
        ParameterError
            If there are fewer than two ballots: the sum would be one voter's.
        KeyMismatchError
            If the share is of another key.
        """
        if share.public_key != self._election.key:
            raise KeyMismatchError("the share is of another key than the election's")
        if len(self._rows) < 2:
            raise ParameterError(f"ballots: found {len(self._rows)}; allowed are at least 2")
        self._closed = True
        return share.decrypt_partially(self._sum(), session=self._session())

    def total(self, partials: Sequence[bytes], *, progress: Progress = None) -> dict[str, int]:
        """Check the officials' parts, and return the marks that each choice got.

        Anyone who has all ballots can do this.

        Parameters
        ----------
        partials : sequence of bytes
            From at least `threshold` officials.
        progress : bool or callable, optional
            As for :meth:`privml.paillier.PublicKey.encrypt`.

        Returns
        -------
        dict of str to int
            By name of choice.

        Raises
        ------
        MisbehaviourError
            If a part is wrong; `parties` names whose.
        ParameterError
            If there are too few, or one is of other ballots than those in this box.
        """
        elements = self._election.key.combine(
            self._sum(), partials, session=self._session(), progress=progress
        )
        counts = self._election._core.open_totals(elements, len(self._rows))
        return dict(zip(self._election.choices, counts, strict=True))

    def _sum(self) -> bytes:
        return self._election._core.add(list(self._rows.values()))

    def _session(self) -> bytes:
        return b"tally" + _framed(label(self._election.name)) + bytes.fromhex(self.digest)

    def __repr__(self) -> str:
        """Return the election and the number of ballots."""
        state = "closed" if self._closed else "open"
        return f"BallotBox({self._election.name!r}, {len(self)} ballots, {state})"


def _framed(data: bytes) -> bytes:
    return len(data).to_bytes(8, "little") + data
