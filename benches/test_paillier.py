"""The cases of Paillier under pytest-benchmark, small; `--benchmark-enable` times them."""

from __future__ import annotations

from typing import Any

import pytest

from benches.cases import OURS, SIZES, Library, Operation, paillier

BITS = 2048
CASES = [
    pytest.param(operation, library, id=f"{operation.method}-{library.name}")
    for operation in paillier.SCHEME.operations
    for library in paillier.SCHEME.libraries
    if operation.applies_to(library)
]


MADE: dict[type[Library], Library] = {}


def made(library: type[Library]) -> Library:
    if library not in MADE:
        MADE[library] = library(BITS)
    return MADE[library]


@pytest.mark.parametrize(("operation", "library"), CASES)
def test_operation(benchmark: Any, operation: Operation, library: type[Library]) -> None:
    if (missing := library.absent()) is not None:
        pytest.skip(f"{missing} is not installed")
    job = operation.prepare(made(library), SIZES["tiny"])
    benchmark.group = operation.name
    benchmark.extra_info |= {"bits": BITS, "values": job.count}
    job.check(benchmark(job.run))


def test_checks_notice_a_wrong_answer() -> None:
    """A benchmark of something that does not work would be worth nothing."""
    ours = made(paillier.Ours)
    for operation in paillier.SCHEME.operations:
        job = operation.prepare(ours, SIZES["tiny"])
        right = job.run()
        wrong = right + 1
        with pytest.raises(AssertionError):
            job.check(wrong)
    assert paillier.SCHEME.libraries[0].name == OURS
