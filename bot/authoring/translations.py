"""Translations: every text of one language as rows for a translator, and what came back as templates."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from bot.authoring import spoken, wording
from bot.authoring.faithful import keywords, printed, unfaithful
from bot.authoring.longest import cases
from bot.content import hashes
from bot.content.load import REPLIES, Content, load
from bot.content.menu import LONGEST_LABEL
from bot.domain.address import ChannelName
from bot.domain.revision import LABEL
from bot.errors import ContentError, NotFound
from bot.words.render import FALLBACK
from bot.words.sms import MOST_PARTS_GSM, MOST_PARTS_UCS_2
from bot.words.template import Template, compile

ENGLISH = f"templates/{FALLBACK}/"
_HASH = 12
_NONE = "-"


@dataclass(frozen=True, slots=True)
class Row:
    """One text to translate. `key` is the hash of the English and of the translation it was made from.

    `id` is the template's path below its language, without its ending. `repr` hides the words.
    """

    id: str
    context: str
    english: str
    translation: str
    key: str

    def __repr__(self) -> str:
        return f"Row({self.id})"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row cannot be taken; `row` is its number in the sheet, where the heads are 1."""

    row: int
    id: str
    message: str

    def __str__(self) -> str:
        return f"row {self.row}: {self.id}: {self.message}"


@dataclass(frozen=True, slots=True)
class Taken:
    """What an import comes to: files to write, path -> text; and how many are as they were, or empty."""

    changed: Mapping[str, str]
    unchanged: int
    empty: int


def export(content: Content, language: str, only: Sequence[str] = ()) -> list[Row]:
    """A row for each English text, or for those of the packs named, with the translation there is.

    Raises NotFound for a language that is not offered, or a pack that does not exist.
    """
    _require(content, language)
    for name in only:
        if name not in (*content.written, REPLIES):
            raise NotFound(f"There is no campaign {name}.", f"Use: {', '.join((*content.written, REPLIES))}.")
    return [
        _row(content, path, language)
        for path in sorted(content.words.paths)
        if path.startswith(ENGLISH) and (not only or path.split("/")[2] in only)
    ]


def take(content: Content, language: str, rows: Iterable[tuple[int, Row]]) -> Taken | list[Problem]:
    """The templates to write, or every problem of every row: then nothing is written.

    An empty translation leaves what there is. Nothing is said about who reviewed it: it stays a draft.
    """
    _require(content, language)
    sheet = _Sheet(content, language)
    for number, row in rows:
        sheet.add(number, row)
    problems = [*sheet.problems, *sheet.whole()]
    if problems:
        return sorted(problems, key=lambda one: one.row)
    return Taken(sheet.changed, sheet.unchanged, sheet.empty)


class _Sheet:
    """The rows that came back, each held against what is on disk now."""

    def __init__(self, content: Content, language: str) -> None:
        self.content, self.language = content, language
        self.problems: list[Problem] = []
        self.changed: dict[str, str] = {}
        self.unchanged = self.empty = 0
        self._rows: dict[str, int] = {}
        self._ids: dict[str, int] = {}

    def add(self, number: int, row: Row) -> None:
        """Take one row, or say what is wrong with it."""
        before = len(self.problems)
        path, source = _path(row.id, self.language), self.content.files.get(f"{ENGLISH}{row.id}.j2")
        self.problems += [Problem(number, row.id, said) for said in self._stale(row, source, path)]
        if row.id in self._ids:
            first = self._ids[row.id]
            self.problems.append(Problem(number, row.id, f"It is in row {first} too. Keep one of the two."))
        self._ids.setdefault(row.id, number)
        if len(self.problems) > before or source is None:
            return
        said = _clean(row.translation)
        if not said.strip():
            self.empty += 1
        elif said == _clean(_said(self.content.files.get(path, ""))):
            self.unchanged += 1
        else:
            self.problems += [
                Problem(number, row.id, one) for one in _wrong(f"{ENGLISH}{row.id}.j2", source, path, said)
            ]
            self.changed[path] = f"{said}\n"
            self._rows[path] = number

    def _stale(self, row: Row, source: str | None, path: str) -> Iterator[str]:
        """Whether the sheet and the disk still speak of the same text."""
        if source is None:
            yield "There is no such English text any more. Export anew."
            return
        ours, _, theirs = row.key.partition(".")
        if ours != _hash(source):
            yield "The English changed since the export, so this translates other words. Export anew."
        elif row.english and _clean(row.english) != _said(source):
            yield "The English was edited in the sheet. Put it back; the English is changed in its own file."
        now = self.content.files.get(path)
        if (
            ours == _hash(source)
            and theirs != _hash(now)
            and _clean(row.translation) != _clean(_said(now or ""))
        ):
            yield "The translation on disk changed since the export. Export anew, and bring the two together."

    def whole(self) -> Iterator[Problem]:
        """What is seen only once all of it is read as content: values, parts, words that nobody gets."""
        fine = {path for path in self.changed if self._rows[path] not in {one.row for one in self.problems}}
        files = {**self.content.files, **{path: self.changed[path] for path in fine}}
        try:
            content = load(files)
        except ContentError as error:
            yield from (self._problem(fault.path, fault.message) for fault in error.faults)
            return
        for path in sorted(fine):
            template = content.words.at(path)
            assert template is not None
            for message in _beyond(content, template, self.language):
                yield self._problem(path, message)

    def _problem(self, path: str, message: str) -> Problem:
        return Problem(
            self._rows.get(path, 0), path.removeprefix(_folder(self.language)).removesuffix(".j2"), message
        )


def _wrong(source: str, english: str, path: str, said: str) -> Iterator[str]:
    try:
        theirs = compile(f"{said}\n", path)
    except ContentError as error:
        yield from (fault.message for fault in error.faults)
        return
    yield from unfaithful(compile(english, source), theirs)
    yield from (fault.message for fault in wording.forbidden(theirs))


def _beyond(content: Content, template: Template, language: str) -> Iterator[str]:
    """A message that cannot be made, or has too many SMS parts at its longest."""
    channel = ChannelName.TELEGRAM if template.path.endswith(".telegram.j2") else ChannelName.SMS
    for values in cases(content, content.words, template, language):
        try:
            said = content.words.message(template, channel, language, values)
        except ContentError as error:
            yield from (fault.message for fault in error.faults)
            return
        if hashes.split(template.path)[1] == LABEL:
            yield from (fault.message for fault in wording.label(template, said.body))
        elif channel is ChannelName.SMS and (long := list(wording.too_long(template, said.body, language))):
            yield long[0].message
            return


def _row(content: Content, path: str, language: str) -> Row:
    name = path.removeprefix(ENGLISH).removesuffix(".j2")
    source, theirs = content.files[path], content.files.get(_path(name, language))
    key = f"{_hash(source)}.{_hash(theirs)}"
    return Row(name, _context(content, path, source), _said(source), _said(theirs or ""), key)


def _context(content: Content, path: str, source: str) -> str:
    """What a translator must know: who reads it, when, how long it may be, and what stays as it is."""
    _, step_id, _ = hashes.split(path)
    campaign = content.campaigns.get(path.split("/")[2])
    step = None if campaign is None else campaign.step(step_id)
    lines = []
    if campaign is not None and step is not None:
        reached = spoken.readers(step, content.words.paths).get(path, [])
        lines = [f"{campaign.title}.", f"To: {spoken.whom(reached)}.", f"When: {spoken.when(step)}."]
    elif campaign is not None:
        return (
            f"{campaign.title}.\nIts line in the list of topics: {LONGEST_LABEL} characters at most, quiet."
        )
    else:
        lines = [f"An answer to what somebody wrote ({step_id})."]
    if path.endswith(".telegram.j2"):
        lines.append("Telegram only: no limit of parts.")
    else:
        lines.append(
            f"SMS: at most {MOST_PARTS_GSM} parts, {MOST_PARTS_UCS_2} in other letters (of 67 characters)."
        )
    template = compile(source, path)
    stay = [f"{{{{ {name} }}}}" for name in sorted(printed(template))] + sorted(keywords(source))
    return "\n".join([*lines, f"Leave as they are: {', '.join(stay)}."] if stay else lines)


def _require(content: Content, language: str) -> None:
    offered = [code for code in content.config.language_codes if code != FALLBACK]
    if language not in offered:
        raise NotFound(f"{language:.20} is not offered.", f"Use one of: {', '.join(offered)}.")


def _folder(language: str) -> str:
    return f"templates/{language}/"


def _path(name: str, language: str) -> str:
    return f"{_folder(language)}{name}.j2"


def _said(source: str) -> str:
    """The words of a file: all but the line's end that every file has."""
    return source.removesuffix("\n")


def _clean(text: str) -> str:
    """As it is kept in a file: composed letters, plain line ends. Spaces stay as they were typed."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


def _hash(text: str | None) -> str:
    """A letter first: no spreadsheet takes it for a number."""
    if text is None:
        return _NONE
    return f"h{sha256(_clean(text).encode()).hexdigest()[:_HASH]}"
