"""The compiled core, as Python sees it.

Only the few files named in `pyproject.toml` may import this module: the rest of privml goes through them.
Every long call releases the GIL, serves Python's signals on the calling thread and calls `progress(done,
total)`, which may cancel by raising. Errors are the classes of :mod:`privml.errors`.
"""

from collections.abc import Callable
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Integers",
    "PaillierCiphertexts",
    "PaillierPrivateKey",
    "PaillierPublicKey",
    "__version__",
    "after_fork_in_child",
    "available_backends",
    "backend",
    "choose",
    "choose_interval",
    "draw_noise",
    "multiply_adds_per_cycle",
    "num_threads",
]

__version__: str

def backend() -> str: ...
def available_backends() -> list[str]: ...
def multiply_adds_per_cycle() -> list[tuple[str, float | None]]: ...
def num_threads() -> int: ...
def after_fork_in_child() -> None:
    """Tell the core that this process was just made by `fork`: its parent's threads do not run in it.

    `privml` registers it with :func:`os.register_at_fork`. The core also goes by the process id, for forks
    that Python does not see; the id alone does not do, since in PID namespaces a child can have its parent's.
    """

def draw_noise(law: str, parameters: list[int], length: int) -> NDArray[np.int64]:
    """Independent exact draws.

    Laws and their parameters: `geometric`, `discrete_laplace`, `discrete_gaussian`, `poisson`, `skellam`
    (numerator and shift of a scale `numerator / 2**shift`: the sigma of the Gaussian, the mean of the last
    two), `fair_coins` (trials), `uniform` (bound), `bernoulli` (numerator, denominator), `binomial` (trials,
    numerator, denominator).
    """

def choose(scores: NDArray[np.int64], numerator: int, shift: int, flip: bool) -> int:
    """One index, by permute-and-flip or by the exponential mechanism, with weights `exp(score/scale)`."""

def choose_interval(
    lengths: NDArray[np.int64], gaps: NDArray[np.int64], numerator: int, shift: int
) -> tuple[int, int]:
    """Choose an interval and an offset into it, with weights `length * exp(-gap/scale)`."""

@final
class Integers:
    """A flat batch of signed integers of any size."""

    @staticmethod
    def from_array(values: NDArray[Any], name: str) -> Integers: ...
    @staticmethod
    def from_floats(
        values: NDArray[np.float64], fractional_bits: int, limit: float, clip: bool, name: str
    ) -> Integers: ...
    def __len__(self) -> int: ...
    def check_bound(self, bound: int, name: str) -> None: ...
    def magnitude_bound(self) -> int: ...
    def scale(self, factor: int) -> Integers: ...
    def to_array(self) -> NDArray[Any]: ...
    def to_floats(self, fractional_bits: int, divisor: int) -> NDArray[np.float64]: ...
    def pack(self, slot_bits: int, slots: int) -> Integers: ...
    def unpack(self, slot_bits: int, slots: int, count: int) -> Integers: ...

@final
class PaillierPublicKey:
    """A Paillier modulus. Frozen; compares and hashes by n."""

    @staticmethod
    def from_modulus(n: int, insecure_key_size: bool) -> PaillierPublicKey: ...
    @staticmethod
    def from_bytes(data: bytes, insecure_key_size: bool) -> PaillierPublicKey: ...
    def to_bytes(self) -> bytes: ...
    @property
    def table_bytes(self) -> int: ...
    @property
    def bits(self) -> int: ...
    @property
    def n(self) -> int: ...
    @property
    def fingerprint(self) -> bytes: ...
    def encrypt(
        self, values: Integers, noise: str, progress: Callable[[int, int], object] | None
    ) -> PaillierCiphertexts: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class PaillierPrivateKey:
    """A Paillier private key. Its primes never cross into Python."""

    @staticmethod
    def generate(
        bits: int, insecure_key_size: bool, progress: Callable[[int, int], object] | None
    ) -> PaillierPrivateKey: ...
    @staticmethod
    def from_primes(p: int, q: int, insecure_key_size: bool) -> PaillierPrivateKey: ...
    @staticmethod
    def from_encrypted_bytes(data: bytes, password: bytes) -> PaillierPrivateKey: ...
    def to_encrypted_bytes(self, password: bytes) -> bytes: ...
    @property
    def table_bytes(self) -> int: ...
    @property
    def public_key(self) -> PaillierPublicKey: ...
    def encrypt(
        self, values: Integers, noise: str, progress: Callable[[int, int], object] | None
    ) -> PaillierCiphertexts: ...
    def decrypt(
        self, ciphertexts: PaillierCiphertexts, progress: Callable[[int, int], object] | None
    ) -> Integers: ...

@final
class PaillierCiphertexts:
    """A flat batch of Paillier ciphertexts under one public key."""

    @property
    def public_key(self) -> PaillierPublicKey: ...
    def __len__(self) -> int: ...
    def add(self, other: PaillierCiphertexts) -> PaillierCiphertexts: ...
    def subtract(self, other: PaillierCiphertexts) -> PaillierCiphertexts: ...
    def negate(self) -> PaillierCiphertexts: ...
    def add_plain(self, values: Integers) -> PaillierCiphertexts: ...
    def multiply(
        self, values: Integers, progress: Callable[[int, int], object] | None
    ) -> PaillierCiphertexts: ...
    def matmul(
        self, weights: Integers, rows: int, progress: Callable[[int, int], object] | None
    ) -> PaillierCiphertexts: ...
    def multiply_secret(
        self, values: Integers, bits: int, progress: Callable[[int, int], object] | None
    ) -> PaillierCiphertexts: ...
    def matmul_secret(
        self, weights: Integers, rows: int, bits: int, progress: Callable[[int, int], object] | None
    ) -> PaillierCiphertexts: ...
    def sum(self, segment: int) -> PaillierCiphertexts: ...
    def sum_runs(self, lengths: NDArray[np.int64]) -> PaillierCiphertexts: ...
    def take(self, indices: NDArray[np.int64]) -> PaillierCiphertexts: ...
    @staticmethod
    def concatenate(parts: list[PaillierCiphertexts]) -> PaillierCiphertexts: ...
    @staticmethod
    def aggregate(parts: list[PaillierCiphertexts]) -> PaillierCiphertexts: ...
    def rerandomize(
        self, noise: str, progress: Callable[[int, int], object] | None
    ) -> PaillierCiphertexts: ...
    def raw(self) -> list[int]: ...
    @staticmethod
    def from_raw(values: list[int], public_key: PaillierPublicKey) -> PaillierCiphertexts: ...
    def to_bytes(
        self, shape: tuple[int, ...], is_integer: bool, fractional_bits: int, bound: int, divisor: int
    ) -> bytes: ...
    @staticmethod
    def from_bytes(
        data: bytes, public_key: PaillierPublicKey
    ) -> tuple[PaillierCiphertexts, tuple[int, ...], bool, int, int, int]: ...
    def to_packed_bytes(
        self,
        shape: tuple[int, ...],
        is_integer: bool,
        append_weight: bool,
        fractional_bits: int,
        value_bits: int,
        limit: float,
        additions: int,
        spent: int,
        divisor: int,
    ) -> bytes: ...
    @staticmethod
    def from_packed_bytes(
        data: bytes, public_key: PaillierPublicKey
    ) -> tuple[PaillierCiphertexts, tuple[int, ...], bool, bool, int, int, float, int, int, int]: ...
