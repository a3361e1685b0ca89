"""A desk whose shelf is the real one, and small content to publish on it."""

from __future__ import annotations

from collections.abc import Mapping

from bot.content.load import Content, load
from bot.domain.revision import Mode
from bot.services.desk import Desk
from bot.services.shelf import Shelf
from bot.store.database import Database
from bot.store.sealed import Seal
from tests import line
from tests.content import small

APPROVERS = """\
approvers:
  - {id: midwife, name: A. Person, role: Midwife, registration: X1, languages: [en]}
  - {id: linguist, name: C. Person, role: Midwife, registration: X3, languages: [ur]}
  - {id: officer, name: B. Person, role: Officer, registration: X2, languages: [en]}
authors: [officer]
"""
FILES: Mapping[str, str] = {**small.FILES, "config/approvers.yaml": APPROVERS}


def content(path: str = "", old: str = "", new: str = "") -> Content:
    """The small content, with one passage of one file replaced."""
    files = {**FILES}
    if path:
        assert old in files[path]
        files[path] = files[path].replace(old, new)
    return load(files)


def desk(database: Database, seal: Seal, mode: Mode = Mode.LIVE) -> Desk:
    """A desk with an empty real shelf and the small config."""
    written = content()
    made: Desk = line.desk(database, seal, mode, shelf=Shelf(), config=written.config, content=written)
    return made
