"""config/sources.yaml: where facts come from, by code, and whether anybody has seen the page.

Only those who write and check campaigns read it: what runs does not wait for it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pydantic import Field

from bot.content.campaigns import Written
from bot.content.checked import Strict, Text, checked
from bot.content.directory import PATH as DIRECTORY
from bot.content.document import read
from bot.domain.directory import Service
from bot.errors import ContentError, Fault

PATH = "config/sources.yaml"


class SourceFile(Strict):
    """One page or paper."""

    organisation: Text = Field(description="Who says so.")
    title: Text = Field(description="The page's own title, or what it is about in small letters.")
    where: Text = Field(description="Its address, as far as it was kept.")
    date: Text = Field(description="What it is believed to be of.")
    note: Text | None = Field(default=None, description="What to mind.")


class SourcesFile(Strict):
    """config/sources.yaml."""

    seen: dict[str, SourceFile] = Field(description="Somebody read a copy of the page.")
    not_seen: dict[str, SourceFile] = Field(description="Nobody has read it yet.")


@dataclass(frozen=True, slots=True)
class Source:
    """What a code stands for. `seen`: somebody has read a copy of the page."""

    code: str
    organisation: str
    title: str
    where: str
    date: str
    note: str | None
    seen: bool
    line: int


def sources(files: Mapping[str, str]) -> Mapping[str, Source]:
    """Every source by its code; ContentError with every fault of the file, or when there is none."""
    if PATH not in files:
        message = "The file is missing. Put it back from the project's repository."
        raise ContentError([Fault(PATH, 1, 1, message)])
    return _read(files[PATH])


@lru_cache(maxsize=4)
def _read(text: str) -> Mapping[str, Source]:
    document = read(PATH, text)
    file, faults = checked(document, SourcesFile)
    if file is None:
        raise ContentError(faults)
    found: dict[str, Source] = {}
    for group, entries in (("seen", file.seen), ("not_seen", file.not_seen)):
        for code, entry in entries.items():
            here = document.fault((group, code), "", key=True)
            if code in found:
                message = f"{code} is here twice, seen and not seen. Keep one of the two."
                faults.append(Fault(PATH, here.line, here.column, message))
            seen = group == "seen"
            found[code] = Source(code, **entry.model_dump(), seen=seen, line=here.line)
    if faults:
        raise ContentError(faults)
    return found


def unknown(
    files: Mapping[str, str], written: Iterable[Written], services: Iterable[Service]
) -> Iterator[Fault]:
    """Codes in campaigns and in the directory that config/sources.yaml does not have, each at its place."""
    known = sources(files)
    for one in written:
        for number, code in enumerate(one.campaign.sources):  # a step's own are among them
            if code not in known:
                yield one.document.fault(("review", "sources", number), _strange(code, known))
    strange = [(n, one.source) for n, one in enumerate(services) if one.source and one.source not in known]
    if strange:
        document = read(DIRECTORY, files[DIRECTORY])
        for number, code in strange:
            yield document.fault(("services", number, "source"), _strange(code, known))


def _strange(code: str, known: Mapping[str, Source]) -> str:
    found = difflib.get_close_matches(code, known, n=1)
    near = f" Did you mean {found[0]}?" if found else ""
    return f"{code:.40} is not in {PATH}.{near} Add it there, or correct it."
