"""History: content as it was at a revision of git."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

from bot.content.files import ROOMS, Files, from_bytes
from bot.errors import BadInput


def at(revision: str, home: Path) -> Files:
    """The content of the folder `home` at a revision; BadInput when git has none of this name."""
    git = shutil.which("git")
    if git is None:
        raise BadInput("There is no git on this machine.", "Name two folders instead.")
    if revision.startswith("-"):
        raise BadInput(f"{revision:.40} is no revision.", "Write a tag, a branch or a commit.")
    command = [git, "-C", str(home), "archive", "--format=tar", revision, "--", *ROOMS]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)  # noqa: S603 - a fixed command
    if done.returncode != 0:
        raise BadInput(
            f"{revision:.60} is neither a folder with {', '.join(ROOMS)} nor a revision of git in {home}.",
            "Write a folder, or a tag, a branch or a commit.",
        )
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        files = {
            entry.name: (archive.extractfile(entry) or io.BytesIO()).read()
            for entry in archive
            if entry.isfile()
        }
    return from_bytes(files, f"{revision} of {home}")
