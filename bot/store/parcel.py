"""A backup as one file: a tar of `manifest.json` and the copy, which the database's own tools can open.

It comes to be under its name whole or not at all, readable by its owner only, and never in place of another.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.errors import DatabaseGone, NotAllowed
from bot.store.copies import Seen

_MANIFEST, _COPY, _FORMAT = "manifest.json", "database", 1
_WORK = ".thinkfamily-backup-"
_OLD = 24 * 3600  # seconds: what a backup that was killed left behind
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is of, and what it must be found to hold; no key, nothing of people."""

    kind: str  # sqlite | postgresql
    taken_at: datetime
    sha256: str
    seen: Seen


@contextlib.contextmanager
def workplace(beside: Path) -> Iterator[Path]:
    """A folder for our eyes only on the same disk, gone afterwards; and so is what killed ones left."""
    for left in beside.glob(f"{_WORK}*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _OLD:
                shutil.rmtree(left)
    folder = Path(tempfile.mkdtemp(prefix=_WORK, dir=beside))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def pack(folder: Path, copied: Path, kind: str, taken_at: datetime, seen: Seen, target: Path) -> Manifest:
    """Make the backup of a copy in the workplace; raises NotAllowed when something is at `target`."""
    made = Manifest(kind, taken_at, _digest(copied), seen)
    text = json.dumps(
        {"format": _FORMAT, **asdict(made), "taken_at": taken_at.isoformat()}, indent=1, sort_keys=True
    ).encode()
    whole = folder / "whole.tar"
    with os.fdopen(os.open(whole, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
        with tarfile.open(fileobj=out, mode="w") as tar:
            tar.addfile(_member(_MANIFEST, len(text), taken_at), io.BytesIO(text))
            with copied.open("rb") as body:
                tar.addfile(_member(_COPY, copied.stat().st_size, taken_at), body)
        out.flush()
        os.fsync(out.fileno())
    _name(whole, target)
    return made


def name_it(made: Path, target: Path) -> None:
    """Give a finished file its name, on the disk before this returns; NotAllowed when it is taken."""
    with made.open("rb") as there:
        os.fsync(there.fileno())
    _name(made, target)


def _name(made: Path, target: Path) -> None:
    try:
        os.link(made, target)
    except FileExistsError as cause:
        raise _taken(target) from cause
    except OSError as cause:
        if cause.errno not in _NO_LINKS:
            raise
        if target.exists():
            raise _taken(target) from cause
        made.rename(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def not_taken(target: Path) -> None:
    """Raise NotAllowed when something is there already."""
    if target.exists():
        raise _taken(target)


def _taken(target: Path) -> NotAllowed:
    return NotAllowed(f"{target} is there already, and is left alone.", "Name another file.", code="taken")


def _member(name: str, size: int, at: datetime) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, int(at.timestamp())
    return member


def unpack(backup: Path, copied: Path) -> Manifest:
    """Bring the copy out of a backup to `copied`; DatabaseGone when it is not whole, or is none of ours."""
    try:
        with tarfile.open(backup, mode="r:") as tar:
            found = _read(tar)
            with os.fdopen(os.open(copied, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
                shutil.copyfileobj(_open(tar, _COPY), out)
    except (tarfile.TarError, ValueError, KeyError, TypeError, EOFError) as cause:
        raise DatabaseGone(
            f"{backup.name} is no whole backup of Think Family.", "Use another backup."
        ) from cause
    if _digest(copied) != found.sha256:
        raise DatabaseGone(f"{backup.name} is damaged.", "Use another backup.")
    return found


def _read(tar: tarfile.TarFile) -> Manifest:
    kept: dict[str, Any] = json.load(_open(tar, _MANIFEST))
    if kept["format"] != _FORMAT:
        raise DatabaseGone("This backup was made by a newer program.", "Install the newer program.")
    seen = Seen(**kept["seen"])
    return Manifest(kept["kind"], datetime.fromisoformat(kept["taken_at"]), kept["sha256"], seen)


def _open(tar: tarfile.TarFile, name: str) -> Any:
    found = tar.extractfile(name)
    if found is None:
        raise KeyError(name)
    return found


def _digest(path: Path) -> str:
    with path.open("rb") as body:
        return hashlib.file_digest(body, "sha256").hexdigest()
