"""The cases of every scheme under pytest-benchmark, small; `--benchmark-enable` times them."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from privml.bench.cases import SIZES, Library, Operation, Scheme, scheme_names, schemes

BITS = 2048
CASES = [
    pytest.param(operation, library, id=f"{scheme.name}-{operation.method}-{library.name}")
    for scheme in schemes().values()
    for operation in scheme.operations
    for library in scheme.libraries
    if operation.applies_to(library)
]


MADE: dict[type[Library], Library] = {}


def made(library: type[Library]) -> Library:
    if library not in MADE:
        MADE[library] = library(BITS, 1)
    return MADE[library]


@pytest.mark.parametrize(("operation", "library"), CASES)
def test_operation(benchmark: Any, operation: Operation, library: type[Library]) -> None:
    if library.version() is None:
        pytest.skip(f"{library.package} is not installed")
    with warnings.catch_warnings():
        if library.package != "privml":
            warnings.simplefilter("ignore")
        job = operation.prepare(made(library), SIZES["tiny"])
    benchmark.group = operation.name
    benchmark.extra_info |= {"bits": BITS, "values": job.count}
    result = benchmark(job.run)
    job.check(result)
    if job.size is not None:
        assert job.size(result) >= job.count


@pytest.mark.parametrize("name", ["paillier"])
def test_checks_notice_a_wrong_answer(name: str) -> None:
    """A benchmark of something that does not work would be worth nothing."""
    scheme = schemes()[name]
    for operation in scheme.operations:
        job = operation.prepare(made(scheme.libraries[0]), SIZES["tiny"])
        with pytest.raises(AssertionError):
            job.check(job.run() + 1)


def test_packed_checks_notice_a_wrong_answer() -> None:
    ours = made(schemes()["packed"].libraries[0])
    for operation in schemes()["packed"].operations:
        job = operation.prepare(ours, SIZES["tiny"])
        result = job.run()
        if operation.method in ("unpack", "decode"):
            with pytest.raises(AssertionError):
                job.check(result + 0.001)
        elif operation.method in ("pack", "pack_owner", "aggregate", "load"):
            with pytest.raises(AssertionError):
                job.check(-result)


def test_ours_comes_first_and_schemes_are_called_like_their_files() -> None:
    assert list(schemes()) == scheme_names() == [scheme.name for scheme in schemes().values()]
    for scheme in schemes().values():
        assert_ours_first(scheme)


def assert_ours_first(scheme: Scheme) -> None:
    assert [library.package == "privml" for library in scheme.libraries] == [
        True,
        *[False] * len(scheme.peers),
    ]
    for operation in scheme.operations:
        assert operation.applies_to(scheme.libraries[0])
