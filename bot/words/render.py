"""Values to text: one whole message in one language, never a mixture and never empty."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from bot.domain.address import ChannelName
from bot.domain.family import Role
from bot.errors import NotFound
from bot.words import characters, languages, picture, sms
from bot.words.languages import Day
from bot.words.template import Template, compile

Value = str | int | Day | date
StepKey = tuple[str, str]

FALLBACK = "en"
SERVICES, TOPICS, BUTTONS = "names_services", "names_topics", "names_buttons"
_REMEMBERED = 4_096
_PREGNANCY_DAYS = 280
_DATED = frozenset({"due_date", "weeks"})  # what `family_values` gives


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message ready to leave. `parts` counts SMS parts; it is 1 on Telegram. `dated`: it was made with a
    date of the family's own (see `family_values`). `repr` hides the words."""

    body: str
    language: str
    parts: int
    dated: bool = False

    def __repr__(self) -> str:
        return f"Rendered({self.language}, {self.parts} parts)"


class Words:
    """The templates of one revision, of several, or of a folder, with the values they all share.

    `texts` maps paths (templates/<language>/<campaign>/<step>[.role][.channel].j2,
    templates/<language>/replies/<key>[.channel].j2) to sources, and templates/_pictures/ to drawings; other
    paths are left alone. `values`
    are the shared ones: organisation, the directory's numbers and links. Each template is compiled
    once, each distinct message rendered once; safe to share between threads.
    """

    def __init__(self, texts: Mapping[str, str], values: Mapping[str, Value]) -> None:
        self.values = dict(values)
        self._parts: dict[str, Words] = {}
        self._texts = {
            path: text
            for path, text in texts.items()
            if path.endswith(".j2") and not path.startswith(picture.FOLDER)
        }
        self._drawings = {path: text for path, text in texts.items() if path.startswith(picture.FOLDER)}
        self._templates: dict[str, Template] = {}
        self._rendered: dict[tuple[object, ...], Rendered] = {}
        self._found: dict[tuple[object, ...], Template | None] = {}
        self._names: dict[tuple[str, str], Mapping[str, str]] = {}
        self._paths: frozenset[str] | None = None

    @classmethod
    def merged(cls, parts: Iterable[Words]) -> Words:
        """One `Words` of several, each template keeping the shared values of the part it came from.

        Where two parts hold the same path the later one wins. Templates stay in their parts, so that
        merging the same parts again (a new day, a new approval) compiles nothing again.
        """
        whole = cls({}, {})
        for part in parts:
            whole.values.update(part.values)
            whole._texts.update(part._texts)
            whole._parts.update({path: part._parts.get(path, part) for path in part._texts})
        return whole

    @property
    def paths(self) -> frozenset[str]:
        """Where there are words."""
        if self._paths is None:
            self._paths = frozenset(self._texts)
        return self._paths

    def shared(self, path: str) -> Mapping[str, Value]:
        """The shared values that the template at this path is rendered with."""
        part = self._parts.get(path)
        return self.values if part is None else part.values

    def drawing(self, name: str, beside: str) -> str | None:
        """The picture of this name that came with the template at `beside`; None where there is none."""
        part = self._parts.get(beside)
        return self._drawings.get(picture.path_of(name)) if part is None else part.drawing(name, beside)

    def at(self, path: str) -> Template | None:
        """The compiled template at this path; None where there is none. ContentError when it is wrong."""
        part = self._parts.get(path)
        if part is not None:
            return part.at(path)
        found = self._templates.get(path)
        if found is None and path in self._texts:
            found = self._templates[path] = compile(self._texts[path], path)
        return found

    def find(self, key: StepKey, role: Role, channel: ChannelName, language: str) -> Template | None:
        """The template of a step for one role on one channel in exactly this language, if written."""
        wanted = (key, role, channel, language)
        if wanted not in self._found:
            self._found[wanted] = next(filter(None, map(self.at, step_paths(*wanted))), None)
        return self._found[wanted]

    def find_reply(self, key: str, channel: ChannelName, language: str) -> Template | None:
        """The template of a reply on one channel in exactly this language, if written."""
        return next(filter(None, map(self.at, reply_paths(key, channel, language))), None)

    def names(self, key: str, language: str) -> Mapping[str, str]:
        """What services, topics or buttons are called in a language, by id: its lines `id - name`."""
        wanted = (key, language)
        if wanted not in self._names:
            found = self.find_reply(key, ChannelName.SMS, language)
            lines = [] if found is None else found.render({}).splitlines()
            parts = (line.partition(" - ") for line in lines)
            self._names[wanted] = {one.strip(): name.strip() for one, _, name in parts if name.strip()}
        return self._names[wanted]

    def message(
        self,
        found: Template,
        channel: ChannelName,
        language: str,
        values: Mapping[str, Value],
    ) -> Rendered:
        """What a template says with the shared values and these; identical messages are made once."""
        shared = self.shared(found.path)
        used = tuple((name, values.get(name, shared.get(name))) for name in sorted(found.placeholders))
        remembered = (found.path, channel, language, used)
        rendered = self._rendered.get(remembered)
        if rendered is None:
            if len(self._rendered) >= _REMEMBERED:
                self._rendered.clear()
            spelled = {name: _spell(value, language) for name, value in used if value is not None}
            rendered = _finish(found.render(spelled), channel, language, bool(found.placeholders & _DATED))
            self._rendered[remembered] = rendered
        return rendered


def step_paths(key: StepKey, role: Role, channel: ChannelName, language: str) -> Iterator[str]:
    """Where a step's words are looked for, in this order: the first that exists is the message."""
    campaign, step = key
    for variant in (f".{role}.{channel}", f".{role}", f".{channel}", ""):
        yield f"templates/{language}/{campaign}/{step}{variant}.j2"


def reply_paths(key: str, channel: ChannelName, language: str) -> Iterator[str]:
    """Where a reply's words are looked for; `key` is a file name below replies/, "crisis/abuse" too."""
    yield f"templates/{language}/replies/{key}.{channel}.j2"
    yield f"templates/{language}/replies/{key}.j2"


def render_step(
    words: Words,
    key: StepKey,
    role: Role,
    channel: ChannelName,
    language: str,
    values: Mapping[str, Value],
) -> Rendered:
    """A step's message for one role on one channel, in `language` or wholly in English (P9).

    `values` are the family's own (see `family_values`). Raises NotFound (code no_words) where neither
    language has words, ContentError when the words cannot be rendered or come out empty.
    """
    for wanted in dict.fromkeys((language, FALLBACK)):
        found = words.find(key, role, channel, wanted)
        if found is not None:
            return words.message(found, channel, wanted, values)
    raise NotFound(f"{key[0]}/{key[1]} has no words for {role}.", "Write its template.", code="no_words")


def render_reply(
    words: Words, key: str, language: str, channel: ChannelName, values: Mapping[str, Value]
) -> Rendered:
    """A reply's message, in `language` or wholly in English; raises as `render_step` does.

    A topic goes by its name in the language; where it has none, the whole message is in English.
    """
    for wanted in dict.fromkeys((language, FALLBACK)):
        found = words.find_reply(key, channel, wanted)
        said = None if found is None else _with_topics(words, found, wanted, values)
        if found is not None and said is not None:
            return words.message(found, channel, wanted, said)
    raise NotFound(f"There is no reply {key}.", "Write templates/en/replies/.", code="no_words")


def step_drawing(
    words: Words, key: StepKey, role: Role, channel: ChannelName, language: str, name: str
) -> str | None:
    """The picture that goes with a step's message, as SVG in the direction of the message's language.

    It is the one that was published beside these words. None where there is none.
    """
    for wanted in dict.fromkeys((language, FALLBACK)):
        found = words.find(key, role, channel, wanted)
        if found is not None:
            source = words.drawing(name, found.path)
            turned = languages.right_to_left(wanted)
            return None if source is None else picture.drawn(source, right_to_left=turned)
    return None


def _with_topics(
    words: Words, found: Template, language: str, values: Mapping[str, Value]
) -> Mapping[str, Value] | None:
    """The values with topics by their names in the language; None where one has none, and the template
    does not ask about it either. In English a topic is called as its id."""
    said = {name: values[name] for name in ("topic", "topics") if values.get(name)}
    if language == FALLBACK or not said:
        return values
    called = words.names(TOPICS, language)
    for name, value in said.items():
        if value not in found.constants:
            parts = [called.get(one.replace(" ", "_")) for one in str(value).split(", ")]
            if None in parts:
                return None
            said[name] = ", ".join(filter(None, parts))
    return {**values, **said}


def named_buttons(
    words: Words, language: str, buttons: Iterable[Iterable[tuple[str, str]]]
) -> tuple[tuple[tuple[str, str], ...], ...]:
    """The buttons with their labels in a language; one that has none there keeps what it says in English."""
    called = words.names(BUTTONS, language) if language != FALLBACK else {}
    return tuple(tuple((called.get(sends, label), sends) for label, sends in row) for row in buttons)


def family_values(due_on: date | None, today: date) -> dict[str, Value]:
    """The values a family's own dates give: `due_date` and, before it, `weeks` (completed weeks)."""
    if due_on is None:
        return {}
    gestation = _PREGNANCY_DAYS - (due_on - today).days
    return {"due_date": Day(due_on, today), "weeks": max(gestation, 0) // 7}


def _spell(value: Value, language: str) -> str | int:
    """A bare date is read back whole, with its year; a `Day` only where that is not this year."""
    if isinstance(value, Day):
        return languages.spell_day(value, language)
    return languages.spell_whole_day(value, language) if isinstance(value, date) else value


def _finish(body: str, channel: ChannelName, language: str, dated: bool) -> Rendered:
    """Composed characters, cheap ones where that saves the alphabet, numbers whole in right-to-left."""
    body = characters.compose(body)
    if languages.right_to_left(language):
        body = characters.isolate(body)
    elif channel is ChannelName.SMS and not characters.is_gsm(body):
        plain = characters.plain_typography(body)
        body = plain if characters.is_gsm(plain) else body
    return Rendered(body, language, sms.count(body).parts if channel is ChannelName.SMS else 1, dated)
