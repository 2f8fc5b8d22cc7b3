"""Polite refusals: what an opaque object does where NumPy or Python would need its plaintext.

NumPy itself would turn an unknown object into an array of objects without a word. It is kept from that:
`__array_ufunc__`, which `ndarray * encrypted` comes to as well, serves the operators' own ufuncs,
`__array_function__` serves a few functions, both refuse the rest, and `__array__` raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self

import numpy as np

from privml.errors import UnsupportedOperationError

__all__ = ["Opaque"]

#: The ufuncs that are operators, and the methods that serve them with the array on the left and on the right.
_OPERATORS: dict[np.ufunc, tuple[str, ...]] = {
    np.add: ("__add__", "__radd__"),
    np.subtract: ("__sub__", "__rsub__"),
    np.multiply: ("__mul__", "__rmul__"),
    np.matmul: ("__matmul__", "__rmatmul__"),
    np.true_divide: ("__truediv__", "__rtruediv__"),
    np.power: ("__pow__", "__rpow__"),
    np.negative: ("__neg__",),
    np.positive: ("__pos__",),
    # Comparisons have refusals of their own.
    np.equal: ("__eq__", "__eq__"),
    np.not_equal: ("__ne__", "__ne__"),
    np.less: ("__lt__", "__gt__"),
    np.less_equal: ("__le__", "__ge__"),
    np.greater: ("__gt__", "__lt__"),
    np.greater_equal: ("__ge__", "__le__"),
}

#: What else to do, for attributes of NumPy's arrays that are missed most.
_INSTEAD = {
    "dtype": "its repr and its properties tell what is public about its numbers",
    "std": "decrypt it first, or encrypt the squares as well and decrypt both means",
    "var": "decrypt it first, or encrypt the squares as well and decrypt both means",
    **dict.fromkeys(
        ("max", "min", "argmax", "argmin", "sort", "argsort"),
        "the order of plaintexts is not visible: decrypt it first",
    ),
}

_NDARRAY = frozenset(name for name in dir(np.ndarray) if not name.startswith("_"))


class UnsupportedAttributeError(UnsupportedOperationError, AttributeError):
    """An attribute of NumPy's arrays that an opaque one lacks; `hasattr` takes it for the answer no."""


class Opaque:
    """Refuses, with a helpful message, what would need the plaintext."""

    __slots__ = ()

    #: The operators that there are, for messages.
    _works: ClassVar[str] = "its own methods"

    # pandas leaves `series * encrypted` to the operand with the higher priority (its own go up to 4000).
    __pandas_priority__: ClassVar[int] = 5000
    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __array__(self, *args: object, **kwargs: object) -> NoReturn:
        """Refuse to become a NumPy array."""
        raise UnsupportedOperationError(
            f"{type(self).__name__} cannot become a NumPy array: decrypt it, or use its own methods"
        )

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Serve the ufuncs of the operators, called plainly, and refuse all others."""
        names = _OPERATORS.get(ufunc, ())
        if names and method == "__call__" and not kwargs:
            # By the methods' names: an operator would let an ndarray on the left come here again.
            if inputs[0] is self:
                return getattr(self, names[0])(*inputs[1:])
            return getattr(self, names[1])(inputs[0])
        name = ufunc.__name__
        what = f"np.{name}" if getattr(np, name, None) is ufunc else name
        what += "" if method == "__call__" else f".{method}"
        if names and method == "__call__":
            what += f" with {', '.join(f'{key}=' for key in kwargs)}"
        self._refuse_operation(f"{what} does not work on {type(self).__name__}")

    def __array_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        """Serve the NumPy functions that make sense, and refuse all others."""
        served = self._numpy_functions()
        if func not in served:
            module = func.__module__.replace("numpy", "np", 1)
            names = ", ".join(sorted(f.__name__ for f in served))
            raise UnsupportedOperationError(
                f"{module}.{func.__name__} does not work on {type(self).__name__}; "
                + (f"served are: {names}" if names else "no function of NumPy does")
            )
        return served[func](*args, **kwargs)

    def _numpy_functions(self) -> dict[Callable[..., Any], Callable[..., Any]]:
        return {}

    def _refuse_operation(self, what: str) -> NoReturn:
        raise UnsupportedOperationError(f"{what}: there are {self._works}; else decrypt first")

    if not TYPE_CHECKING:  # a type checker would take every attribute for one that there is

        def __getattr__(self, name: str) -> NoReturn:
            """Refuse helpfully what NumPy's arrays have and this has not."""
            if name in _NDARRAY:
                instead = _INSTEAD.get(name, "decrypt it first")
                raise UnsupportedAttributeError(f"{type(self).__name__} has no .{name}: {instead}")
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _refuse(self, what: str) -> NoReturn:
        raise UnsupportedOperationError(f"{type(self).__name__} {what}: only decryption shows its values")

    def __eq__(self, other: object) -> bool:
        """Refuse: equal plaintexts have different ciphertexts."""
        self._refuse("cannot be compared")

    def __ne__(self, other: object) -> bool:
        """Refuse: equal plaintexts have different ciphertexts."""
        self._refuse("cannot be compared")

    def __lt__(self, other: object) -> bool:
        """Refuse: the order of plaintexts is not visible."""
        self._refuse("cannot be compared or sorted")

    __le__ = __gt__ = __ge__ = __lt__

    def __bool__(self) -> bool:
        """Refuse: whether a plaintext is zero is not visible."""
        self._refuse("has no truth value")

    def __float__(self) -> float:
        """Refuse: decrypt first."""
        self._refuse("cannot become a number")

    def __int__(self) -> int:
        """Refuse: decrypt first."""
        self._refuse("cannot become a number")

    def __complex__(self) -> complex:
        """Refuse: decrypt first."""
        self._refuse("cannot become a number")

    def __contains__(self, item: object) -> bool:
        """Refuse: plaintexts cannot be compared."""
        self._refuse("cannot be searched")

    def __copy__(self) -> Self:
        """Return the array itself, which never changes."""
        return self

    def __deepcopy__(self, memo: object) -> Self:
        """Return the array itself, which never changes."""
        return self


def _refusal(symbol: str) -> Callable[..., NoReturn]:
    def refuse(self: Opaque, *_: object) -> NoReturn:
        self._refuse_operation(f"{type(self).__name__} has no {symbol}")

    refuse.__doc__ = f"Refuse {symbol}."
    return refuse


# Python's own refusal names two types and no way out. Schemes override what they can do.
for _symbol, _names in {
    "+": "add radd",
    "-": "sub rsub neg",
    "unary +": "pos",
    "*": "mul rmul",
    "@": "matmul rmatmul",
    "/": "truediv",
    "/ by an encrypted array": "rtruediv",
    "//": "floordiv rfloordiv",
    "%": "mod rmod",
    "divmod()": "divmod rdivmod",
    "**": "pow rpow",
    "abs()": "abs",
    "round()": "round",
    "&": "and rand",
    "|": "or ror",
    "^": "xor rxor",
    "~": "invert",
    "<<": "lshift rlshift",
    ">>": "rshift rrshift",
}.items():
    for _name in _names.split():
        setattr(Opaque, f"__{_name}__", _refusal(_symbol))
