"""ElGamal keys of either homomorphism: what is common, and which class bytes or a group ask for."""

from __future__ import annotations

import functools
import importlib
import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Literal, NoReturn, Self

from privml._files import write_atomically
from privml._stored import Sealed, check_bytes, check_password
from privml._wording import a_type
from privml.errors import DecodeError, ParameterError, UnsupportedOperationError

__all__ = ["GROUPS", "EncryptedArray", "PrivateKey", "PublicKey"]

#: The groups, and the homomorphism that each serves.
GROUPS = {
    "ffdhe2048": "multiplicative",
    "ffdhe3072": "multiplicative",
    "ffdhe4096": "multiplicative",
    "ristretto255": "additive",
}

# The tag of an encoding is its sixth byte.
_PUBLIC_TAGS = {5: "multiplicative", 8: "additive"}
_PRIVATE_TAGS = {6: "multiplicative", 9: "additive"}


def _class(homomorphism: str, which: str) -> Any:
    # Loaded when first asked for: each of the modules needs this one.
    module = importlib.import_module(f"privml.elgamal.{homomorphism}")
    return getattr(module, homomorphism.capitalize() + which)


def _of_bytes(data: bytes, tags: dict[int, str], what: str) -> str:
    if len(data) > 5 and data[:4] == b"PVML" and data[5] in tags:
        return tags[data[5]]
    raise DecodeError(f"cannot decode {what} of ElGamal: not an encoding of one")


class PublicKey(ABC):
    """An ElGamal public key: encrypts, and names the key that opens.

    Compares, hashes, pickles and copies. :meth:`from_bytes` and :meth:`load` give an object of the class for
    the key's group.
    """

    __slots__ = ("_core",)
    _core: Any  # the core's key; subclasses say which

    def __init__(self) -> None:
        raise UnsupportedOperationError(
            "a public key comes from a private key's .public_key, or from PublicKey.from_bytes(data)"
        )

    def __setattr__(self, name: str, value: object) -> NoReturn:
        """Refuse: keys do not change."""
        raise AttributeError(f"a {type(self).__name__} does not change: cannot set {name!r}")

    @classmethod
    def _of(cls, core: Any) -> Self:
        key = object.__new__(cls)
        object.__setattr__(key, "_core", core)
        return key

    @property
    @abstractmethod
    def group(self) -> str:
        """The name of the group."""

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits (128 bits) of a hash of the key, the same on every machine."""
        fingerprint: bytes = self._core.fingerprint
        return fingerprint.hex()

    @property
    def public_key(self) -> Self:
        """The key itself."""
        return self

    def to_bytes(self) -> bytes:
        """Return the key in privml's own format."""
        data: bytes = self._core.to_bytes()
        return data

    def __eq__(self, other: object) -> bool:
        """Compare what the keys are made of."""
        return bool(self._core == other._core) if isinstance(other, type(self)) else NotImplemented

    def __hash__(self) -> int:
        """Hash the key."""
        return hash(self._core)

    @classmethod
    def from_bytes(cls, data: bytes) -> PublicKey:
        """Return the key that :meth:`to_bytes` wrote.

        Parameters
        ----------
        data : bytes
            From wherever: nothing about it is trusted.

        Raises
        ------
        DecodeError, InvalidKeyError
            If the bytes are anything but an ElGamal public key.
        """
        data = check_bytes(data)
        kind: type[PublicKey] = _class(_of_bytes(data, _PUBLIC_TAGS, "a public key"), "PublicKey")
        return kind.from_bytes(data)

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write the key to a file, atomically, and over an existing one only with `force`."""
        write_atomically(path, self.to_bytes(), force=force)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> PublicKey:
        """Read a key that :meth:`save` wrote; errors are those of :meth:`from_bytes`."""
        return cls.from_bytes(Path(path).read_bytes())

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as bytes."""
        return _unpickled, (self.to_bytes(),)

    def __repr__(self) -> str:
        """Return group and fingerprint."""
        return f"{type(self).__name__}({self.group}, fingerprint={self.fingerprint})"


# Arrays pickled one by one share their key again, with its tables.
@functools.lru_cache(maxsize=16)
def _unpickled(data: bytes) -> PublicKey:
    return PublicKey.from_bytes(data)


class PrivateKey(Sealed, ABC):
    """An ElGamal private key: made by :meth:`generate` or :meth:`load`, of the class for its group.

    What is secret lives in the core, which wipes it, and never becomes a Python object. A key does not pickle
    or copy; it shows its group and fingerprint only. Two private keys are equal when their public keys are.

    Examples
    --------
    >>> from privml import elgamal
    >>> key = elgamal.PrivateKey.generate("ffdhe2048")
    >>> key.decrypt(key.public_key.encrypt(6) * key.public_key.encrypt(7))
    array(42)
    """

    __slots__ = ("_core", "_public")
    _core: Any  # the core's key; subclasses say which
    _public: PublicKey
    _public_class: ClassVar[type[PublicKey]]

    def __init__(self) -> None:
        raise UnsupportedOperationError(
            "a PrivateKey is made by PrivateKey.generate(group) or PrivateKey.load(path, password=...)"
        )

    def __setattr__(self, name: str, value: object) -> NoReturn:
        """Refuse: keys do not change."""
        raise AttributeError(f"a {type(self).__name__} does not change: cannot set {name!r}")

    @classmethod
    def _of(cls, core: Any) -> Self:
        key = object.__new__(cls)
        object.__setattr__(key, "_core", core)
        object.__setattr__(key, "_public", cls._public_class._of(core.public_key))
        return key

    @classmethod
    def generate(
        cls,
        group: str = "ffdhe3072",
        *,
        homomorphism: Literal["multiplicative", "additive"] | None = None,
        full_exponent: bool = False,
    ) -> PrivateKey:
        """Make a new key from the operating system's randomness.

        Parameters
        ----------
        group : str
            `"ffdhe2048"`, `"ffdhe3072"` or `"ffdhe4096"` of RFC 7919, of about 112, 128 and 150 bits of
            security, for a key that multiplies.
        homomorphism : str, optional
            Says what the group does; another than the group's is refused.
        full_exponent : bool
            Draw all exponents, the key's too, as long as the group's order, not 256, 288 or 352 bits: slower,
            and safe under the decisional Diffie-Hellman assumption alone.

        Raises
        ------
        ParameterError
            If there is no such group, or it has another homomorphism.
        RandomnessError
            If the operating system gives no random bytes.
        """
        if not isinstance(group, str) or group not in GROUPS:
            found = repr(group) if isinstance(group, str) else a_type(group)
            raise ParameterError(f"group is {found}; allowed are {', '.join(map(repr, GROUPS))}")
        kind = GROUPS[group]
        if homomorphism not in (None, kind):
            raise ParameterError(
                f"homomorphism is {homomorphism!r}; the group {group} is {kind}, "
                f"others are {', '.join(g for g, h in GROUPS.items() if h != kind)}"
            )
        found_class: type[PrivateKey] = _class(kind, "PrivateKey")
        if not issubclass(found_class, cls):
            raise ParameterError(f"group is {group!r}, whose keys are of the class {found_class.__name__}")
        return found_class._generated(group, bool(full_exponent))

    @classmethod
    @abstractmethod
    def _generated(cls, group: str, full_exponent: bool) -> PrivateKey:
        """Return a new key of this class."""

    @property
    @abstractmethod
    def public_key(self) -> PublicKey:
        """The key that may be given away."""

    @property
    def group(self) -> str:
        """The name of the group."""
        return self.public_key.group

    @property
    def fingerprint(self) -> str:
        """The public key's fingerprint."""
        return self.public_key.fingerprint

    @classmethod
    @abstractmethod
    def _opened(cls, data: bytes, password: bytes) -> PrivateKey:
        """Return the key that was sealed under a password."""

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, password: str | bytes) -> PrivateKey:
        """Read a key that :meth:`save` wrote.

        Raises
        ------
        WrongPasswordError
            If the password does not open the file.
        DecodeError
            If the file is not an ElGamal private key's.
        """
        secret = check_password(password)
        data = Path(path).read_bytes()
        kind: type[PrivateKey] = _class(_of_bytes(data, _PRIVATE_TAGS, "a private key"), "PrivateKey")
        if not issubclass(kind, cls):
            raise DecodeError(f"the file holds a {kind.__name__}, not a {cls.__name__}")
        return kind._opened(data, secret)

    def __eq__(self, other: object) -> bool:
        """Compare the public keys."""
        return self.public_key == other.public_key if isinstance(other, PrivateKey) else NotImplemented

    def __hash__(self) -> int:
        """Hash the public key."""
        return hash(("private", self.public_key))

    def __repr__(self) -> str:
        """Return group and fingerprint, nothing secret."""
        return f"{type(self).__name__}({self.group}, fingerprint={self.fingerprint})"


class EncryptedArray(ABC):
    """Arrays of ElGamal ciphertexts, of either homomorphism: for `isinstance`, and to read one from bytes."""

    __slots__ = ()

    @abstractmethod
    def to_bytes(self) -> bytes:
        """Return the array in privml's own format, with the key's fingerprint but not the key."""

    @classmethod
    def from_bytes(cls, data: bytes, public_key: PublicKey) -> Any:
        """Return the array that `to_bytes` wrote, of the class for the key.

        Raises
        ------
        DecodeError
            If the bytes are no array of that kind.
        KeyMismatchError
            If the array belongs to another key.
        InvalidCiphertextError
            If an element is not of the group, or not in its one form.
        """
        if not isinstance(public_key, PublicKey):
            raise ParameterError(f"public_key is {a_type(public_key)}; allowed are ElGamal public keys")
        return _class(GROUPS[public_key.group], "Array").from_bytes(data, public_key)
