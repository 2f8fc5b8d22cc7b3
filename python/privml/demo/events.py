"""What the demonstration tells while it runs, and what it returns: small frozen records, nothing to draw on.

:func:`privml.demo.run` calls ``on_event`` with one of the classes of :data:`DemoEvent`, in this order::

    Prepared                                  the hospitals and the patients kept aside
    KeyMade                                   the hospitals' key
    StatisticsCombined                        standardised, without pooling
    RunStarted  RoundFinished*  RunFinished   once for each row of the table
    EncryptionShown                           what the server received, and the refusal
    ReportWritten                             only if a report was asked for
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from privml.federated.report import ReportPaths

__all__ = [
    "TOLERANCE",
    "DemoEvent",
    "DemoResult",
    "EncryptionShown",
    "Evidence",
    "HospitalSummary",
    "KeyMade",
    "Prepared",
    "ReportWritten",
    "RoundFinished",
    "Row",
    "RunFinished",
    "RunStarted",
    "StatisticsCombined",
    "WhoLearnsWhat",
]

#: The largest difference allowed between a weight trained under encryption and its twin trained in the clear.
TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class HospitalSummary:
    """
    One hospital, in numbers.

    Attributes
    ----------
    name : str
        Its name.
    patients, malignant : int
        Its patients, and how many of them have a malignant mass.
    """

    name: str
    patients: int
    malignant: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """
    The table was loaded and dealt out.

    Attributes
    ----------
    hospitals : tuple of HospitalSummary
        The parties.
    features : int
        Features of a patient.
    test_patients, test_malignant : int
        Patients kept aside: no hospital has them, they only score the models.
    attribution : str
        Where the data comes from, to be shown with it.
    """

    hospitals: tuple[HospitalSummary, ...]
    features: int
    test_patients: int
    test_malignant: int
    attribution: str


@dataclass(frozen=True, slots=True)
class KeyMade:
    """
    The hospitals made their key pair; the server is given the public half.

    Attributes
    ----------
    bits : int
        Size of the modulus.
    fingerprint : str
        Of the public key, hexadecimal.
    seconds : float
        What it took.
    insecure : bool
        Whether the key is too small for anything but tests.
    """

    bits: int
    fingerprint: str
    seconds: float
    insecure: bool


@dataclass(frozen=True, slots=True)
class StatisticsCombined:
    """
    Means and deviations of all hospitals were combined under encryption, to standardise the features.

    Attributes
    ----------
    seconds : float
        What it took.
    bytes_up : int
        Bytes that the hospitals sent for it, all together.
    """

    seconds: float
    bytes_up: int


@dataclass(frozen=True, slots=True)
class RunStarted:
    """
    A way of training begins.

    Attributes
    ----------
    key, label : str
        Its short name (``"fedavg-paillier"``) and its name for people.
    rounds : int
        Rounds to come; 0 where there is no exchange.
    encrypted : bool
        Whether what the server gets is encrypted.
    """

    key: str
    label: str
    rounds: int
    encrypted: bool


@dataclass(frozen=True, slots=True)
class RoundFinished:
    """
    One round of federated training is over.

    Attributes
    ----------
    key, label : str
        Which run.
    round, rounds : int
        Which round (from 1) of how many.
    loss, accuracy : float
        Mean log loss and accuracy over the hospitals' own patients, combined as the updates are.
    encrypted : bool
        Whether this run is.
    bytes_up, bytes_down : int
        Bytes from the hospitals to the server and back, all hospitals together.
    seconds : float
        What the round took.
    """

    key: str
    label: str
    round: int
    rounds: int
    loss: float
    accuracy: float
    encrypted: bool
    bytes_up: int
    bytes_down: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Row:
    """
    One row of the final table.

    Attributes
    ----------
    key, label : str
        Short name, and name for people.
    kind : str
        ``"pooled"``, ``"alone"``, ``"federated"`` or ``"encrypted"``.
    accuracy, auc : float
        On the patients kept aside.
    seconds : float
        Time to train.
    rounds : int
        Rounds of exchange; 0 where there is none.
    bytes_up, bytes_down : float or None
        Mean bytes of a round from the hospitals to the server and back, all hospitals together; None where
        nothing is exchanged.
    difference : float or None
        Largest absolute difference of a weight from the same training in the clear; None where nothing is
        encrypted.
    """

    key: str
    label: str
    kind: str
    accuracy: float
    auc: float
    seconds: float
    rounds: int = 0
    bytes_up: float | None = None
    bytes_down: float | None = None
    difference: float | None = None


@dataclass(frozen=True, slots=True)
class RunFinished:
    """
    A way of training is done.

    Attributes
    ----------
    row : Row
        How it did.
    """

    row: Row


@dataclass(frozen=True, slots=True)
class WhoLearnsWhat:
    """
    One line of who could learn what.

    Attributes
    ----------
    party, text : str
        Who, and what.
    """

    party: str
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """
    Signs that the encryption is on.

    Attributes
    ----------
    hospital : str
        Who sent the message.
    round : int
        In which round.
    first_bytes : bytes
        The beginning of the message, as the server received it.
    ciphertext_bytes : bytes
        The beginning of the first ciphertext in it.
    message_bytes, ciphertexts : int
        Size of the whole message, and ciphertexts in it.
    refusal : str
        What the library said when a second key of the same size was used to open it.
    who : tuple of WhoLearnsWhat
        Three lines.
    """

    hospital: str
    round: int
    first_bytes: bytes
    ciphertext_bytes: bytes
    message_bytes: int
    ciphertexts: int
    refusal: str
    who: tuple[WhoLearnsWhat, ...]


@dataclass(frozen=True, slots=True)
class EncryptionShown:
    """
    The signs that the encryption is on.

    Attributes
    ----------
    evidence : Evidence
        What to show.
    """

    evidence: Evidence


@dataclass(frozen=True, slots=True)
class ReportWritten:
    """
    The report is there.

    Attributes
    ----------
    paths : ReportPaths
        Its files.
    pictures : bool
        False if matplotlib was missing; :data:`privml.demo.INSTALL_PICTURES` says what to type.
    """

    paths: ReportPaths
    pictures: bool


DemoEvent = (
    Prepared
    | KeyMade
    | StatisticsCombined
    | RunStarted
    | RoundFinished
    | RunFinished
    | EncryptionShown
    | ReportWritten
)


@dataclass(frozen=True, slots=True)
class DemoResult:
    """
    All of the demonstration.

    Attributes
    ----------
    prepared : Prepared
        The hospitals.
    key : KeyMade
        The key.
    statistics : StatisticsCombined
        The standardisation.
    rows : tuple of Row
        The table.
    rounds : tuple of RoundFinished
        Every round of every run.
    evidence : Evidence
        Signs that the encryption is on.
    seconds : float
        The whole time, without the report.
    backend : str
        The arithmetic that did it.
    report : ReportPaths or None
        The report's files, if one was asked for.
    """

    prepared: Prepared
    key: KeyMade
    statistics: StatisticsCombined
    rows: tuple[Row, ...]
    rounds: tuple[RoundFinished, ...]
    evidence: Evidence
    seconds: float
    backend: str
    report: ReportPaths | None = None

    @property
    def largest_difference(self) -> float:
        """Largest difference of any weight trained under encryption from its twin trained in the clear."""
        return max((row.difference for row in self.rows if row.difference is not None), default=math.nan)

    @property
    def agrees(self) -> bool:
        """Whether :attr:`largest_difference` is at rounding level, at most :data:`TOLERANCE`."""
        return self.largest_difference <= TOLERANCE

    def row(self, key: str) -> Row:
        """Return the row of that short name."""
        return next(row for row in self.rows if row.key == key)

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the report's places as plain dictionaries, lists and numbers."""
        plain = asdict(self)
        del plain["report"]
        for field in ("first_bytes", "ciphertext_bytes"):
            plain["evidence"][field] = plain["evidence"][field].hex()
        return plain | {
            "largest_difference": self.largest_difference,
            "tolerance": TOLERANCE,
            "agrees": self.agrees,
        }
