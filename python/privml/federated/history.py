"""What a training leaves behind: the model, and a record of every round."""

from __future__ import annotations

import importlib
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from privml.errors import MissingPackageError
from privml.federated.models import Model

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas

    from privml.federated.report import ReportPaths

__all__ = ["History", "ModelT", "Round"]

ModelT = TypeVar("ModelT", bound=Model)


@dataclass(frozen=True, slots=True)
class Round:
    """
    One round of federated training.

    Attributes
    ----------
    round : int
        Its number, from 1.
    loss : float
        Mean loss a row over all sites, of the model that the round ends with.
    accuracy : float or None
        Part of all sites' rows that it predicts right; None for a quantity.
    participants : tuple of str
        Sites whose updates were averaged; empty where too few were left and the model stayed as it was.
    stragglers : tuple of str
        Sites that did part of the work.
    dropped : tuple of str
        Sites whose work was not used.
    bytes_up, bytes_down : int
        What the sites sent to the server and were sent by it, all together, metrics included.
    seconds : float
        What the round took.
    """

    round: int
    loss: float
    accuracy: float | None
    participants: tuple[str, ...]
    stragglers: tuple[str, ...]
    dropped: tuple[str, ...]
    bytes_up: int
    bytes_down: int
    seconds: float


@dataclass(frozen=True, repr=False)
class History(Generic[ModelT]):
    """
    The outcome of :func:`privml.federated.train`.

    Attributes
    ----------
    model : Model
        The trained model, as the sites hold it.
    rounds : tuple of Round
        One record a round.
    settings : dict
        What the training was called with, in words and numbers.
    """

    model: ModelT
    rounds: tuple[Round, ...]
    settings: dict[str, Any]

    def __repr__(self) -> str:
        """Return one line: how many rounds, how good the model is, and what was sent."""
        parts = [f"{len(self.rounds)} round{'' if len(self.rounds) == 1 else 's'}"]
        if self.rounds:
            last = self.rounds[-1]
            parts.append(f"loss {last.loss:.4g}")
            if last.accuracy is not None:
                parts.append(f"accuracy {last.accuracy:.1%}")
        up, down = sum(r.bytes_up for r in self.rounds), sum(r.bytes_down for r in self.rounds)
        return f"History({type(self.model).__name__}, {', '.join(parts)}, {up} bytes up, {down} bytes down)"

    def to_dict(self) -> dict[str, Any]:
        """Return settings and rounds as plain values, without the model's weights."""
        return {"settings": dict(self.settings), "rounds": [asdict(record) for record in self.rounds]}

    def to_frame(self) -> pandas.DataFrame:
        """
        Return the rounds as a table, one row a round.

        Raises
        ------
        MissingPackageError
            If pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise MissingPackageError("to_frame needs pandas: pip install pandas") from None
        return pandas.DataFrame([asdict(record) for record in self.rounds]).set_index("round")

    def plot(self) -> matplotlib.figure.Figure:
        """
        Draw loss and accuracy over the rounds with pyplot, so that a notebook shows it.

        Raises
        ------
        MissingPackageError
            If matplotlib is not installed.
        """
        from privml.federated.report import charts
        from privml.federated.report.run import draw_rounds

        if not charts.can_draw():
            raise MissingPackageError(f"plot needs matplotlib: {charts.INSTALL}")
        pyplot = importlib.import_module("matplotlib.pyplot")
        figure: matplotlib.figure.Figure = pyplot.figure(figsize=(9.0, 3.4), layout="constrained")
        draw_rounds(figure, [("", self.rounds, 0, False)])
        return figure

    def report(self, directory: str | os.PathLike[str], *, force: bool = True) -> ReportPaths:
        """
        Write ``report.html``, ``report.json`` and, with matplotlib, ``rounds.png`` into a folder.

        Parameters
        ----------
        directory : str or path-like
            Made if it is not there.
        force : bool
            Replace a report that is already there.

        Raises
        ------
        FileExistsError
            If `force` is false and a file is in the way.
        """
        from privml.federated.report import write_report

        return write_report(self, directory, force=force)
