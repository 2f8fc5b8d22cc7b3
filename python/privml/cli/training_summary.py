"""What ``privml train`` says at the end, for people and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from privml._wording import count_text
from privml.cli import console

if TYPE_CHECKING:
    from privml.cli.dataset import Target
    from privml.federated.preprocessing import Preprocessor

__all__ = ["SiteScore", "Summary"]

SHOWN_NAMES = 12

PLAIN = "the server sees every site's updates and statistics in the clear"
"""What training without encryption comes to."""


@dataclass(frozen=True)
class SiteScore:
    """How the model does on one site's own rows: accuracy, or RMSE in the target's unit."""

    site: str
    rows: int
    score: float


@dataclass(frozen=True)
class Summary:
    """The outcome of a training."""

    out: Path
    files: tuple[str, ...]
    model: str
    target: Target
    features: tuple[str, ...]
    preprocessor: Preprocessor
    scores: tuple[SiteScore, ...]
    rounds: tuple[Any, ...]
    key: tuple[int, str] | None
    key_origin: str | None
    sites_listed: bool

    @property
    def measure(self) -> str:
        """What the scores are."""
        return "accuracy" if self.target.task == "classes" else "RMSE"

    @property
    def overall(self) -> float:
        """The score over all sites, weighted by their rows."""
        rows = sum(score.rows for score in self.scores)
        if self.target.task == "classes":
            return sum(score.rows * score.score for score in self.scores) / rows
        return float((sum(score.rows * score.score**2 for score in self.scores) / rows) ** 0.5)

    @property
    def disclosed(self) -> dict[str, tuple[str, ...]]:
        """Names that the sites told one another: categories by column, and classes."""
        names = dict(self.preprocessor.disclosed)
        if self.target.classes:
            names[self.target.name] = self.target.classes
        return names

    def to_dict(self) -> dict[str, Any]:
        """Everything, in plain types."""
        last = self.rounds[-1] if self.rounds else None
        return {
            "out": str(self.out),
            "files": list(self.files),
            "model": self.model,
            "target": self.target.name,
            "classes": list(self.target.classes),
            "features": list(self.features),
            "dropped": list(self.preprocessor.dropped),
            "disclosed": {name: list(found) for name, found in self.disclosed.items()},
            "measure": self.measure,
            "overall": self.overall,
            "sites": [{"site": one.site, "rows": one.rows, "score": one.score} for one in self.scores],
            "rounds": len(self.rounds),
            "loss": None if last is None else last.loss,
            "bytes_up": sum(one.bytes_up for one in self.rounds),
            "bytes_down": sum(one.bytes_down for one in self.rounds),
            "seconds": sum(one.seconds for one in self.rounds),
            "encrypted": self.key is not None,
            "key": None if self.key is None else {"bits": self.key[0], "fingerprint": self.key[1]},
        }

    def facts(self, strategy: str) -> list[tuple[str, str]]:
        """Say what was trained, how, and what the server saw, for the report."""
        facts = [("target", self.target.name), ("model", self.model), ("strategy", strategy)]
        if self.key is None:
            return [*facts, ("aggregation", f"plain, not encrypted: {PLAIN}")]
        bits, fingerprint = self.key
        seen = "the server sees ciphertexts, sizes, and the names of the sites"
        return [
            *facts,
            ("aggregation", f"paillier, encrypted: {seen}"),
            ("key", f"{bits} bits, {fingerprint}"),
        ]

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Head and rows of the table of scores."""
        rows = [[one.site, str(one.rows), self._text(one.score)] for one in self.scores]
        rows.append(["all", str(sum(one.rows for one in self.scores)), self._text(self.overall)])
        return ["site", "rows", self.measure], rows

    def show(self) -> None:
        """Print it."""
        console.show_table(f"{self.model} model for {self.target.name}", *self.table())
        console.say("(on the rows that the model was trained on)")
        sent = sum(one.bytes_up for one in self.rounds)
        seconds = sum(one.seconds for one in self.rounds)
        last = f", last loss {self.rounds[-1].loss:.4f}" if self.rounds else ""
        console.say(
            f"{count_text(len(self.rounds), 'round')} in {seconds:.2f} s, {sent} bytes to the server{last}"
        )
        if self.key is None:
            console.say(
                "Updates and statistics reached the server in the clear (--aggregation paillier encrypts)."
            )
        else:
            bits, fingerprint = self.key
            console.say("Updates and statistics reached the server half encrypted.")
            console.say(f"Key of the sites: {bits} bits, {fingerprint}, {self.key_origin}")
        for name, found in self.disclosed.items():
            shown = ", ".join(found[:SHOWN_NAMES]) + (", ..." if len(found) > SHOWN_NAMES else "")
            # Rare categories are in the model's "other", but their names are told before they are counted.
            what = (
                f"classes of {name}" if name == self.target.name else f"categories of {name}, rare ones too"
            )
            console.say(f"Disclosed among the sites: the {what}: {shown}")
        if self.preprocessor.dropped:
            console.say(f"Left out, since they hold one value only: {', '.join(self.preprocessor.dropped)}")
        console.say(f"Written to {self.out}: {', '.join(self.files)}")

    def _text(self, score: float) -> str:
        return f"{100 * score:.1f} %" if self.target.task == "classes" else f"{score:.4g}"
