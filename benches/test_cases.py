"""The cases of every scheme under pytest-benchmark, small; `--benchmark-enable` times them."""

from __future__ import annotations

from typing import Any

import pytest

from benches.cases import OURS, SIZES, Library, Operation, Scheme, schemes

BITS = 2048
CASES = [
    pytest.param(operation, library, id=f"{scheme.name}-{operation.method}-{library.name}")
    for scheme in schemes()
    for operation in scheme.operations
    for library in scheme.libraries
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


@pytest.mark.parametrize("scheme", schemes(), ids=lambda scheme: scheme.name)
def test_checks_notice_a_wrong_answer(scheme: Scheme) -> None:
    """A benchmark of something that does not work would be worth nothing."""
    assert scheme.libraries[0].name == OURS
    for operation in scheme.operations:
        job = operation.prepare(made(scheme.libraries[0]), SIZES["tiny"])
        with pytest.raises(AssertionError):
            job.check(job.run() + 1)
