"""What can be composed: a loss, a mechanism on a random sample of the rows, or several of them together.

Poisson sampling (each row by its own coin) is for add/remove neighbours. A sample of fixed size is for
substitution: one row is exchanged for another, and the loss within must be stated for that, usually at twice
the add/remove sensitivity. The same rate does not make the two the same (Lebeda, Regehr, Kamath, Steinke
2024).
"""

from __future__ import annotations

from dataclasses import dataclass

from privml.dp.accounting._checks import real, whole
from privml.dp.accounting.losses import GaussianLoss, Loss
from privml.errors import DtypeError, ParameterError

__all__ = ["ComposedLoss", "FixedSizeSubsampled", "PoissonSubsampled", "Step", "steps_of"]


@dataclass(frozen=True)
class PoissonSubsampled:
    """A mechanism on a sample that holds each row with probability ``rate``, independently.

    Parameters
    ----------
    mechanism
        A loss, or a mechanism with one; its loss is kept.
    rate
        Above 0, at most 1.

    Examples
    --------
    >>> PoissonSubsampled(GaussianLoss(1.1), 0.01).rate
    0.01
    """

    mechanism: object
    rate: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "mechanism", _single(self.mechanism))
        real("rate", self.rate, 0.0, 1.0, open_high=False)

    @property
    def base(self) -> Loss:
        """The loss without sampling."""
        return _single(self.mechanism)


@dataclass(frozen=True)
class FixedSizeSubsampled:
    """A mechanism on ``sample_size`` of ``dataset_size`` rows, under substitution of a row.

    With ``replacement``, a row may be drawn several times; that is known for Gaussian noise only, whose
    loss is then to be that of a row drawn once.

    Parameters
    ----------
    mechanism
        A loss, or a mechanism with one, for the substitution of one row of the sample.
    sample_size, dataset_size
        From 1; without replacement the first is at most the second.
    replacement
        Whether each of the sample is drawn from all rows.
    """

    mechanism: object
    sample_size: int
    dataset_size: int
    replacement: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "mechanism", _single(self.mechanism))
        whole("dataset_size", self.dataset_size, 1)
        whole("sample_size", self.sample_size, 1)
        if not self.replacement and self.sample_size > self.dataset_size:
            raise ParameterError(f"sample_size is {self.sample_size}, over dataset_size {self.dataset_size}")
        if self.replacement and not isinstance(self.mechanism, GaussianLoss):
            raise ParameterError("sampling with replacement is known for Gaussian noise only")

    @property
    def base(self) -> Loss:
        """The loss without sampling."""
        return _single(self.mechanism)


Step = Loss | PoissonSubsampled | FixedSizeSubsampled


@dataclass(frozen=True)
class ComposedLoss:
    """What several releases from the same rows cost together: losses, and how often each is taken.

    Examples
    --------
    >>> from privml.dp.accounting import Accountant, PureLoss
    >>> both = ComposedLoss(((PureLoss(0.5), 1), (PureLoss(0.25), 2)))
    >>> Accountant("pure").compose(both).epsilon(0)
    1.0
    """

    parts: tuple[tuple[object, int], ...]

    def __post_init__(self) -> None:
        found: list[tuple[Step, int]] = []
        for part in self.parts:
            if not isinstance(part, tuple) or len(part) != 2:
                raise DtypeError("parts must be pairs of a loss and a count")
            found += [(step, n * whole("count", part[1], 1)) for step, n in steps_of(part[0])]
        if not found:
            raise ParameterError("parts is empty, and a composed loss needs one at least")
        object.__setattr__(self, "parts", tuple(found))


def steps_of(mechanism: object) -> tuple[tuple[Step, int], ...]:
    """Return the steps of a loss, a sampled or composed one, or a mechanism with one as its ``loss``."""
    if not isinstance(mechanism, Step | ComposedLoss):
        mechanism = getattr(mechanism, "loss", mechanism)
    if isinstance(mechanism, ComposedLoss):
        # Flattened when it was made.
        return tuple((part, n) for part, n in mechanism.parts if isinstance(part, Step))
    if not isinstance(mechanism, Step):
        raise DtypeError(f"a loss or a mechanism with a loss is needed, not {type(mechanism).__name__}")
    return ((mechanism, 1),)


def _single(mechanism: object) -> Loss:
    steps = steps_of(mechanism)
    if len(steps) > 1 or steps[0][1] > 1:
        raise ParameterError("a sample of a composition is not known: sample each part by itself")
    step = steps[0][0]
    if not isinstance(step, Loss):
        raise ParameterError(f"a sample of a sample is not known: found {type(step).__name__}")
    return step
