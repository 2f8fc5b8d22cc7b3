"""Writing a report's files: each appears whole or not at all."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from privml._files import write_atomically

__all__ = ["as_json", "write_files"]


def as_json(value: Any) -> bytes:
    """Encode `value` as strict JSON: NumPy numbers and arrays become plain, NaN and infinity become null."""
    return (json.dumps(_plain(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    return str(value)


def write_files(
    directory: str | os.PathLike[str], files: Mapping[str, bytes], *, force: bool = True
) -> list[Path]:
    """
    Write `files` into `directory`, which is made if it is not there.

    Parameters
    ----------
    directory : str or path-like
        Where to.
    files : mapping of str to bytes
        Content by name.
    force : bool
        Replace files of these names. Otherwise one that exists stops the call before anything is written.

    Returns
    -------
    list of Path
        In the order of `files`.

    Raises
    ------
    FileExistsError
        If `force` is false and one of the files exists.
    OSError
        If the directory cannot be made or written.
    """
    folder = Path(directory)
    if not force:
        for name in files:
            if os.path.lexists(folder / name):
                raise FileExistsError(f"{folder / name} exists; pass force=True to replace it")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        write_atomically(folder / name, content, force=force)
    return [folder / name for name in files]
