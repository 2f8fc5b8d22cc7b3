"""Queries without noise, and a look at the integers that noise is added to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np
import pytest
from privml.dp.queries.noise import Noise

Watched = list[tuple[int, list[int]]]


@contextmanager
def watched() -> Iterator[Watched]:
    """Leave noise out, and note for each noise its sensitivity and the integers it would be added to."""
    seen: Watched = []

    def add(noise: Noise, totals: list[int]) -> list[int]:
        seen.append((noise.sensitivity, list(totals)))
        return list(totals)

    # The same rows get the same numbers in two data sets of which one begins with the other.
    def drawn(bound: int, length: int) -> np.ndarray:
        return np.random.default_rng(5).integers(0, bound, 10_000)[:length]

    with (
        mock.patch.object(Noise, "add", add),
        mock.patch("privml.dp.queries.contributions.uniform", drawn),
    ):
        yield seen


@pytest.fixture
def silent() -> Iterator[Watched]:
    """No noise in this test."""
    with watched() as seen:
        yield seen


Release = Callable[..., Any]
