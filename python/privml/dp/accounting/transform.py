"""Sizes of Fourier transforms, and a bound on their rounding."""

from __future__ import annotations

from privml.dp.accounting.pairs import ULP

__all__ = ["size_for", "unit_error"]


def size_for(needed: int) -> int:
    """Return the least size from ``needed`` on that is a power of two, or three or five times one."""
    return min(f << max(-(-needed // f) - 1, 0).bit_length() for f in (1, 3, 5))


def unit_error(size: int) -> float:
    """Return a bound on the relative rounding of a transform, in the 2-norm.

    A transform is a product of stages, one for each prime factor r of its size: a twiddle factor for each
    element, then a sum of r of them. In floating point a stage of r = 2 has the relative error
    mu + gamma_4(sqrt 2 + mu) < 8u (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., Theorem
    24.2 and its proof; twiddles good to mu <= 2u), and stages add: log2(n) of them. A sum of r products has
    an error of at most gamma_(r+2) times the sum of the sizes, which in the 2-norm is sqrt(r) gamma_(r+2) of
    the exact stage: with twiddles 13u for r = 3 and 20u for r = 5, below the 8ru allowed here. Radices 4
    and 8 are stages of two with fewer twiddles. A transform of real data forms the same sums, half of them.

    With f = F + e the transform of a step, |F| <= 1 as its masses add up to one, and
    |f^n - F^n| <= n |e| max(1, |f|)^(n-1); by Parseval the 2-norm of the error of the n-fold convolution is
    at most the sum over steps of n unit |p|, times that maximum, plus what the powers and the inverse add,
    relative to the result. The mass beyond any point then errs by no more than the 2-norm of the weights
    there times that (Cauchy and Schwarz).
    """
    total = 0
    for r in (2, 3, 5):
        while size % r == 0:
            size //= r
            total += 1 if r == 2 else r
    return 8 * ULP * total * (1 + 1e-9)
