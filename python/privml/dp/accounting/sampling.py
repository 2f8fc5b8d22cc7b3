"""A mechanism on a random sample of the rows.

Poisson sampling (each row by its own coin) is for add/remove neighbours. A sample of fixed size is for
substitution: one row is exchanged for another, and the loss within must be stated for that, usually at twice
the add/remove sensitivity. The same rate does not make the two the same (Lebeda et al. 2024).
"""

from __future__ import annotations

from dataclasses import dataclass

from privml.dp.accounting._checks import real, whole
from privml.dp.accounting.losses import GaussianLoss, Loss
from privml.errors import DtypeError, ParameterError

__all__ = ["FixedSizeSubsampled", "PoissonSubsampled", "Step", "as_step"]


def loss_of(mechanism: object) -> Loss:
    """Return a loss, or the loss of a mechanism."""
    loss = mechanism if isinstance(mechanism, Loss) else getattr(mechanism, "loss", None)
    if not isinstance(loss, Loss):
        raise DtypeError(f"a loss or a mechanism with a loss is needed, not {type(mechanism).__name__}")
    return loss


@dataclass(frozen=True)
class PoissonSubsampled:
    """A mechanism on a sample that holds each row with probability ``rate``, independently.

    Examples
    --------
    >>> PoissonSubsampled(GaussianLoss(1.1), 0.01).rate
    0.01
    """

    mechanism: object
    rate: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "mechanism", loss_of(self.mechanism))
        real("rate", self.rate, 0.0, 1.0, open_high=False)


@dataclass(frozen=True)
class FixedSizeSubsampled:
    """A mechanism on ``sample_size`` of ``dataset_size`` rows, under substitution of a row.

    With ``replacement``, a row may be drawn several times; that is known for Gaussian noise only.
    """

    mechanism: object
    sample_size: int
    dataset_size: int
    replacement: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "mechanism", loss_of(self.mechanism))
        whole("dataset_size", self.dataset_size, 1)
        whole("sample_size", self.sample_size, 1)
        if not self.replacement and self.sample_size > self.dataset_size:
            raise ParameterError(f"sample_size is {self.sample_size}, over dataset_size {self.dataset_size}")
        if self.replacement and not isinstance(self.mechanism, GaussianLoss):
            raise ParameterError("sampling with replacement is known for Gaussian noise only")


Step = Loss | PoissonSubsampled | FixedSizeSubsampled


def as_step(mechanism: object) -> Step:
    """Return what can be composed: a loss, or a sampled one."""
    if isinstance(mechanism, PoissonSubsampled | FixedSizeSubsampled):
        return mechanism
    return loss_of(mechanism)
