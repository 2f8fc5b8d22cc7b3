"""Files: written so that they are there whole or not at all, and what the command's own begin with."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

__all__ = ["COMMAND_LINE_MAGIC", "write_atomically"]

#: What files of the command line begin with (`privml.cli.container`).
COMMAND_LINE_MAGIC = b"PVMLFILE"


def write_atomically(
    path: str | os.PathLike[str], data: bytes, *, mode: int = 0o666, force: bool = False
) -> None:
    """Write `data` to `path` in one step.

    The bytes go to a temporary file beside the target, are flushed to the disk, and take the target's name
    last. A crash leaves the old file or none, never half of the new one (where the file system has no hard
    links, possibly an empty file in place of none).

    Parameters
    ----------
    path : str or path-like
        The file to make.
    data : bytes
        Its whole content.
    mode : int
        Permission bits, still subject to the umask. Secrets are written with 0o600.
    force : bool
        Replace an existing file. Otherwise it stays as it is.

    Raises
    ------
    FileExistsError
        If `path` exists and `force` is false.
    OSError
        If the directory cannot be written.
    """
    target = Path(path)
    if not force and os.path.lexists(target):
        raise FileExistsError(f"{target} exists; pass force=True to replace it")
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if force:
            os.replace(temporary, target)
        else:
            _rename_to_new(temporary, target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _rename_to_new(temporary: Path, target: Path) -> None:
    # A hard link fails if the name is taken, which a rename does not: another process may have made the file
    # since the check above. File systems without hard links get a name reserved with O_EXCL instead.
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise FileExistsError(f"{target} exists; pass force=True to replace it") from None
    except OSError:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            os.replace(temporary, target)
        except OSError:
            os.unlink(target)
            raise
