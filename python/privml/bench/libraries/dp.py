"""Differential privacy: privml, and what of it OpenDP and dp-accounting have."""

from __future__ import annotations

from importlib import import_module
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from privml.bench.cases import OURS, Library

__all__ = ["DifferentialPrivacy", "DpAccounting", "OpenDp"]


class DifferentialPrivacy(Library):
    """privml's mechanisms and its accountant; there is no key."""

    name: ClassVar[str] = OURS

    def discrete_laplace(self, x: NDArray[Any], scale: int) -> Any:
        from privml import dp

        return dp.discrete_laplace(x, sensitivity=1, epsilon=1 / scale)

    def discrete_gaussian(self, x: NDArray[Any], sigma: int) -> Any:
        from privml import dp

        return dp.DiscreteGaussian(sensitivity=1, sigma=sigma, size=len(x)).release(x)

    def laplace(self, x: NDArray[Any], scale: int) -> Any:
        from privml import dp

        return dp.laplace(x, sensitivity=1.0, epsilon=1 / scale)

    def permute_and_flip(self, scores: NDArray[Any], epsilon: float) -> Any:
        from privml import dp

        return dp.permute_and_flip(scores, sensitivity=1.0, epsilon=epsilon)

    def pld_epsilon(self, rate: float, sigma: float, steps: int, delta: float) -> float:
        from privml.dp import accounting

        step = accounting.PoissonSubsampled(accounting.GaussianLoss(sigma), rate)
        return accounting.Accountant().compose(step, count=steps).epsilon(delta=delta)


class OpenDp(Library):
    """OpenDP's measurements on vectors."""

    name = package = "opendp"
    licence = "MIT"

    def __init__(self, bits: int, threads: int) -> None:
        super().__init__(bits, threads)
        self.dp: Any = import_module("opendp.prelude")
        self.dp.enable_features("contrib", "floating-point")

    def _noisy(self, x: NDArray[Any], kind: Any, make: str, scale: float) -> NDArray[Any]:
        space = (
            self.dp.vector_domain(
                self.dp.atom_domain(T=kind, nan=False) if kind is float else self.dp.atom_domain(T=kind)
            ),
            self._metric(make, kind),
        )
        return np.asarray(getattr(self.dp.m, make)(*space, scale=float(scale))(x.tolist()))

    def _metric(self, make: str, kind: Any) -> Any:
        return self.dp.l2_distance(T=kind) if make == "make_gaussian" else self.dp.l1_distance(T=kind)

    def discrete_laplace(self, x: NDArray[Any], scale: int) -> Any:
        return self._noisy(x, int, "make_laplace", scale)

    def discrete_gaussian(self, x: NDArray[Any], sigma: int) -> Any:
        return self._noisy(x, int, "make_gaussian", sigma)

    def laplace(self, x: NDArray[Any], scale: int) -> Any:
        return self._noisy(x, float, "make_laplace", scale)


class DpAccounting(Library):
    """Google's accountants."""

    name = package = "dp-accounting"
    licence = "Apache-2.0"

    def __init__(self, bits: int, threads: int) -> None:
        super().__init__(bits, threads)
        self.module: Any = import_module("dp_accounting")
        self.pld: Any = import_module("dp_accounting.pld")

    def pld_epsilon(self, rate: float, sigma: float, steps: int, delta: float) -> float:
        event = self.module.PoissonSampledDpEvent(rate, self.module.GaussianDpEvent(sigma))
        accountant = self.pld.PLDAccountant()
        accountant.compose(event, steps)
        return float(accountant.get_epsilon(delta))
