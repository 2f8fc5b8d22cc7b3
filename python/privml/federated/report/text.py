"""Figures as text, the same in reports and on the terminal."""

from __future__ import annotations

import math

from privml._wording import count_text

__all__ = [
    "DASH",
    "bytes_text",
    "count_text",
    "finite",
    "number_text",
    "percent_text",
    "seconds_text",
]

DASH = "\u2013"
"""Stands where there is no figure."""


def finite(value: float | None) -> float | None:
    """Return `value` as a float, or None where there is no figure."""
    return float(value) if value is not None and math.isfinite(value) else None


def number_text(value: float | None) -> str:
    """Write a figure to four digits, or a dash."""
    known = finite(value)
    if known is None:
        return DASH
    return f"{known:.4f}" if 1e-3 <= abs(known) < 1e5 else f"{known:.4g}"


def percent_text(value: float | None) -> str:
    """Write a part of one as a percentage, or a dash."""
    known = finite(value)
    return DASH if known is None else f"{100.0 * known:.1f} %"


def bytes_text(count: float | None) -> str:
    """Write a number of bytes with a unit that fits."""
    if count is None:
        return DASH
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000.0:
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000.0
    return f"{size:.1f} GB"


def seconds_text(seconds: float) -> str:
    """Write a time with a unit that fits."""
    return f"{seconds:.2f} s" if seconds >= 0.1 else f"{seconds * 1e3:.1f} ms"
