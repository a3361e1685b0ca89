"""config/*.yaml, read into a Config, or every fault of every file at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time, timedelta
from typing import TypeVar

from pydantic import BaseModel

from bot.content import config_schema as written
from bot.content import directory_schema as listed
from bot.content.checked import checked
from bot.content.config import (
    Approver,
    CheckIn,
    Config,
    Duty,
    Language,
    Lexicon,
    Organisation,
    Quiet,
    Retention,
)
from bot.content.directory import directory, misplaced
from bot.content.document import Document, Plain, read
from bot.domain.campaign import Calendar, CapRules
from bot.errors import ContentError, Fault
from bot.words.render import FALLBACK

NAMES = ("default", "approvers", "calendar", "directory", "neighbourhoods", "keywords", "crisis")
"""The files of config/ that a Config is made of, without .yaml."""

OTHERS = ("personas", "phrases", "sources", "strategy")
"""Files of config/ that only those who write and check campaigns read."""

_DIRECTORY = "config/directory.yaml"
_QUIET = (time(9), time(19, 45))
_YEARS = range(2025, 2061)  # for soft days that come every year

File = TypeVar("File", bound=BaseModel)


def read_config(files: Mapping[str, str]) -> Config:
    """The config in `files`; ContentError with every fault of every config file."""
    faults: list[Fault] = []
    default = _file(files, "default", written.DefaultFile, faults)
    approvers = _file(files, "approvers", written.ApproversFile, faults)
    calendar = _file(files, "calendar", written.CalendarFile, faults)
    services = _file(files, "directory", listed.DirectoryFile, faults)
    places = _file(files, "neighbourhoods", listed.NeighbourhoodsFile, faults)
    if services is not None and places is not None:
        known = {entry.id for entry in places.neighbourhoods}
        faults += misplaced(read(_DIRECTORY, files[_DIRECTORY]), services, known)
    keywords = _lexicon(files, "keywords", faults)
    crisis = _lexicon(files, "crisis", faults)
    faults += _strangers(files)
    if faults or not (default and approvers and calendar and services and places):
        raise ContentError(faults)
    return Config(
        Organisation(**default.organisation.model_dump()),
        Quiet(default.quiet.start, default.quiet.until),
        CapRules(default.cap.per_7_days, default.cap.first_days_of_life),
        tuple(Language(entry.code, entry.name, entry.reviewed) for entry in default.languages),
        Duty(**default.duty.model_dump()),
        Retention(**default.retention.model_dump()),
        CheckIn(**default.check_in.model_dump()),
        default.twilio_keywords_off_confirmed,
        _calendar(calendar),
        directory(services, places),
        tuple(_approver(entry) for entry in approvers.approvers),
        frozenset(approvers.authors),
        keywords,
        crisis,
        default.pence_a_part,
    )


def _document(files: Mapping[str, str], name: str, faults: list[Fault]) -> Document | None:
    path = f"config/{name}.yaml"
    if path not in files:
        faults.append(Fault(path, 1, 1, "The file is missing. Put it back from the project's repository."))
        return None
    try:
        return read(path, files[path])
    except ContentError as error:
        faults += error.faults
        return None


def _file(files: Mapping[str, str], name: str, schema: type[File], faults: list[Fault]) -> File | None:
    document = _document(files, name, faults)
    if document is None:
        return None
    found, wrong = checked(document, schema)
    if found is not None:
        wrong = list(_beyond(document, found))
    faults += wrong
    return found


def _strangers(files: Mapping[str, str]) -> Iterator[Fault]:
    for path in files:
        if path.startswith("config/") and path not in {f"config/{name}.yaml" for name in (*NAMES, *OTHERS)}:
            yield Fault(path, 1, 1, f"Nothing reads this file. Config is {', '.join((*NAMES, *OTHERS))}.")


def _beyond(document: Document, file: BaseModel) -> Iterator[Fault]:
    """What a schema alone cannot see."""
    match file:
        case written.DefaultFile():
            if (file.quiet.start, file.quiet.until) != _QUIET:
                yield document.fault(("quiet",), "Messages begin from 09:00 to 19:45. Write those hours.")
            yield from _twice(document, "languages", [entry.code for entry in file.languages], "code")
            if FALLBACK not in [entry.code for entry in file.languages]:
                yield document.fault(("languages",), "English is missing. Add en: others fall back to it.")
        case written.ApproversFile():
            yield from _twice(document, "approvers", [entry.id for entry in file.approvers], "id")
        case listed.DirectoryFile():
            yield from _twice(document, "services", [entry.id for entry in file.services], "id")
        case listed.NeighbourhoodsFile():
            ids = [entry.id for entry in file.neighbourhoods]
            yield from _twice(document, "neighbourhoods", ids, "id")


def _twice(document: Document, name: str, ids: Sequence[str], field: str) -> Iterator[Fault]:
    for index, entry in enumerate(ids):
        if entry in ids[:index]:
            yield document.fault((name, index, field), f"{entry} is here twice. Rename one of the two.")


def _lexicon(files: Mapping[str, str], name: str, faults: list[Fault]) -> Lexicon:
    document = _document(files, name, faults)
    if document is None:
        return {}
    if not isinstance(document.values, dict):
        faults.append(document.fault((), "Write languages here, such as en:, and phrases below them."))
        return {}
    faults += _phrase_faults(document, document.values, ())
    return document.values  # type: ignore[return-value]  # its shape was checked in the line above


def _phrase_faults(document: Document, node: Plain, place: tuple[str | int, ...]) -> Iterator[Fault]:
    """A phrase is text: a bare 111 would be a number, and never found."""
    if isinstance(node, dict):
        for key, child in node.items():
            if not place and key != FALLBACK and len(key) > 3:
                yield document.fault((key,), f"{key:.40} is not a language code. Use en, ur or so.", key=True)
            elif len(place) == 0 and not isinstance(child, dict):
                yield document.fault((key,), "Write names here, such as stop:, and phrases below them.")
            else:
                yield from _phrase_faults(document, child, (*place, key))
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from _phrase_faults(document, child, (*place, index))
    elif isinstance(node, int | float) and not isinstance(node, bool):
        yield document.fault(place, f'A phrase is text. Write it in quotes: "{node}".')
    elif node is None or (isinstance(node, str) and not node.strip()):
        yield document.fault(place, "This is empty. Write a phrase, or take the line away.")


def _calendar(file: written.CalendarFile) -> Calendar:
    days = {
        name: {int(year): day for year, day in entry.dates.items()} if entry.verified is not None else {}
        for name, entry in file.days.items()
    }
    soft: set[date] = set()
    for entry in file.soft_days:
        if isinstance(entry.date, date):
            soft.add(entry.date)
        else:
            soft |= {date(year, entry.date.month, min(entry.date.day, 28 if entry.date.month == 2 else 31))
                     for year in _YEARS}  # fmt: skip
    fasting = {
        one.first + timedelta(days=day)
        for one in file.fasting
        if one.verified is not None
        for day in range((one.last - one.first).days + 1)
    }
    return Calendar(days, frozenset(soft), frozenset(fasting))


def _approver(entry: written.ApproverFile) -> Approver:
    return Approver(entry.id, entry.name, entry.role, entry.registration, frozenset(entry.languages))
