"""Files that appear whole or not at all, and never in place of another unless told to.

What a command writes is made beside its place under a hidden name and moved there when everything is done; an
error or Ctrl-C before that leaves nothing behind.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from privml.errors import DataError

__all__ = ["check_directory", "check_free", "is_stream", "staged_directory", "staged_files"]


_STANDARD = ("/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/self/fd/")


def is_stream(path: Path) -> bool:
    """Whether a path is something to write into, not a file to make: a pipe, a device, our own stdout."""
    # Stdout that was sent to a file looks like that file.
    return path.exists() and not path.is_dir() and (str(path).startswith(_STANDARD) or not path.is_file())


@contextmanager
def _staged_stream(target: Path) -> Iterator[list[Path]]:
    """Collect the content in memory, never on a disk, and write it when it is whole."""
    with open(os.memfd_create("privml"), "rb") as memory:
        stage = Path(f"/proc/self/fd/{memory.fileno()}")
        yield [stage]
        content = stage.read_bytes()
    # Appending, so that stdout sent to a file with >> keeps what is there.
    with target.open("ab", buffering=0) as file:
        rest = memoryview(content)
        while rest:
            rest = rest[file.write(rest) :]


def check_free(paths: Sequence[Path], force: bool) -> None:
    """Refuse early, before anything is computed, what :func:`staged_files` would refuse at the end."""
    for path in paths:
        if path.is_dir():
            raise DataError(f"{path} is a directory")
        if is_stream(path):
            if len(paths) > 1:
                raise DataError(f"{path} is not a file, and several files are written")
            continue
        if not force and (path.exists() or path.is_symlink()):
            raise DataError(f"{path} exists already (--force replaces it)")
        if not path.parent.is_dir():
            raise DataError(f"{path}: there is no directory {path.parent}")


def _publish(source: Path, target: Path, force: bool) -> None:
    """Move a finished file to its place in one step."""
    if force:
        os.replace(source, target)
        return
    try:
        # A hard link fails if the name has been taken since it was checked; a rename would replace it.
        os.link(source, target)
    except FileExistsError:
        raise DataError(f"{target} exists already (--force replaces it)") from None
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV):
            raise
        check_free([target], force)
        os.replace(source, target)
        return
    source.unlink()


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


@contextmanager
def staged_files(*targets: Path, force: bool, private: bool = False) -> Iterator[list[Path]]:
    """Temporary paths for the targets; on success each file written there is moved to its target.

    Parameters
    ----------
    *targets : pathlib.Path
        Where the files are to end up, all in directories that exist.
    force : bool
        Replace existing files.
    private : bool
        Give the first file mode 0600 whatever the umask (it is in a directory of mode 0700 before that).

    Yields
    ------
    list of pathlib.Path
        Where to write them.

    Raises
    ------
    DataError
        When a target exists and `force` is not set, or its directory does not exist.
    """
    check_free(targets, force)
    if is_stream(targets[0]):
        with _staged_stream(targets[0]) as stages:
            yield stages
        return
    with tempfile.TemporaryDirectory(prefix=".privml-", dir=targets[0].parent) as folder:
        stages = [Path(folder) / f"{index}" for index in range(len(targets))]
        yield stages
        if private:
            stages[0].chmod(0o600)
        for stage in stages:
            _sync(stage)
        done: list[Path] = []
        try:
            for stage, target in zip(stages, targets, strict=True):
                _publish(stage, target, force)
                done.append(target)
        except BaseException:
            if not force:
                for target in done:
                    target.unlink(missing_ok=True)
            raise


@contextmanager
def staged_directory(target: Path, *, force: bool) -> Iterator[Path]:
    """Make a temporary directory that becomes `target` on success.

    A target that is missing or empty is made in one step. With `force` the files are moved one by one into
    the directory that is there, replacing files of the same name; others in it are left alone.

    Parameters
    ----------
    target : pathlib.Path
        Where the directory is to end up.
    force : bool
        Allow a directory that is not empty.

    Yields
    ------
    pathlib.Path
        Where to write.
    """
    check_directory(target, force)
    with tempfile.TemporaryDirectory(prefix=".privml-", dir=target.absolute().parent) as folder:
        stage = Path(folder) / "out"
        stage.mkdir()
        yield stage
        for path in sorted(stage.rglob("*")):
            if path.is_file():
                _sync(path)
        if not target.exists() or not any(target.iterdir()):
            if target.exists():
                target.rmdir()
            os.rename(stage, target)
            return
        check_directory(target, force)
        for path in sorted(stage.rglob("*")):
            place = target / path.relative_to(stage)
            if path.is_dir():
                place.mkdir(exist_ok=True)
            else:
                os.replace(path, place)


def check_directory(target: Path, force: bool) -> None:
    """Refuse a target that is a file, or a directory with something in it unless `force` is set."""
    if target.is_dir():
        if not force and any(target.iterdir()):
            raise DataError(f"{target} exists and is not empty (--force writes into it)")
    elif target.exists() or target.is_symlink():
        raise DataError(f"{target} exists and is not a directory")
    elif not target.absolute().parent.is_dir():
        raise DataError(f"{target}: there is no directory {target.absolute().parent}")
