"""How messages and reports name numbers and types."""

from __future__ import annotations

__all__ = ["a_type", "count_text", "readable"]


def a_type(value: object) -> str:
    """Return the name of a value's type with its article.

    Examples
    --------
    >>> a_type("x"), a_type(1), a_type(None)
    ('a str', 'an int', 'None')
    """
    if value is None:
        return "None"
    name = type(value).__name__
    vowel = name[0].lower() in "aeio" or name == "ndarray"  # not u: a uint8
    return f"{'an' if vowel else 'a'} {name}"


def readable(number: int) -> str:
    """Return an integer as short text: its digits, a power of two, or its length.

    Examples
    --------
    >>> readable(1 << 20), readable(-(1 << 256)), readable(3**200)
    ('1048576', '-2**256', 'an integer of 317 bits')
    """
    size = abs(number)
    if size < 10**20:
        return str(number)
    if size & (size - 1) == 0:
        return f"{'-' if number < 0 else ''}2**{size.bit_length() - 1}"
    return f"an integer of {size.bit_length()} bits"


def count_text(number: int, thing: str) -> str:
    """Write a number of things, in the plural unless it is one.

    Examples
    --------
    >>> count_text(1, "file"), count_text(0, "file")
    ('1 file', '0 files')
    """
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
