"""Review pack: a campaign in one language to read on paper and sign: each message as each reader reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.authoring import hazards, spoken
from bot.authoring.longest import cases
from bot.authoring.page import page, shown
from bot.authoring.spoken import Reader
from bot.content import hashes
from bot.content.load import CRISIS, Content, pack_of
from bot.content.sources import Source, sources
from bot.domain.address import ChannelName
from bot.domain.campaign import Audience, Step
from bot.domain.revision import LABEL
from bot.errors import NotFound
from bot.words import languages, picture, sms
from bot.words.render import FALLBACK, Value, Words
from bot.words.template import Template

_MOST_CASES = 6
_SHORT = 12


@dataclass(frozen=True, slots=True)
class Reading:
    """One message as it is read: by whom, its words at their longest, and what they cost."""

    whom: str
    body: str
    english: str | None
    cost: str
    case: int
    direction: str


@dataclass(frozen=True, slots=True)
class Item:
    """One step or answer: what there is to know of it, and every way in which it reads."""

    name: str
    facts: Sequence[tuple[str, str]]
    sources: Sequence[Source]
    hazards: Sequence[tuple[str, str]]
    words: str
    readings: Sequence[Reading]
    in_english: str
    picture: str | None = None
    alt: str = ""


def review_pack(content: Content, name: str, language: str, made_on: date) -> str:
    """The page. Raises NotFound for a pack that is not there, or has no words in the language."""
    pack = content.pack(name)
    words = hashes.words(pack)
    if not any(spoken_in == language for _, spoken_in in words):
        raise NotFound(
            f"{name} has no words in {language!r}.", "Write them first, or choose another language."
        )
    written = content.written.get(name)
    timing = {} if written is None else {step.id: hashes.timing(step) for step in written.campaign.steps}
    return page(
        "review.html.j2",
        name=name,
        campaign=None if written is None else written.campaign,
        language=language,
        language_name=languages.locale(language).get_language_name("en"),
        items=list(_items(content, name, language, words)),
        signed=hashes.signed(words, timing, language),
        made_on=made_on,
        reviewed={one.code: one.reviewed for one in content.config.languages}.get(language, False),
        english=language == FALLBACK,
    )


def _items(
    content: Content, name: str, language: str, words: Mapping[tuple[str, str], str]
) -> Iterator[Item]:
    written = content.written.get(name)
    known = sources(content.files)
    if written is None:
        for key in sorted(key for key, spoken_in in words if spoken_in == language):
            yield _answer(content, name, key, language, words[key, language])
        return
    values = written.document.values
    assert isinstance(values, dict)
    steps = values["steps"]
    assert isinstance(steps, list)
    for step, said in zip(written.campaign.steps, steps, strict=True):
        if step.retired or (step.id, language) not in words:
            continue
        own = said.get("sources") if isinstance(said, dict) else None
        codes = [str(code) for code in own] if isinstance(own, list) and own else written.campaign.sources
        yield replace(
            _step(content, step, language, words[step.id, language]),
            sources=[known[code] for code in codes if code in known],
            picture=_picture(content, step, language),
            alt=_alt(content, step),
        )
    if (LABEL, language) in words:  # its line in the list of topics is signed too
        yield _answer(content, name, LABEL, language, words[LABEL, language])


def _step(content: Content, step: Step, language: str, words_hash: str) -> Item:
    english = spoken.readers(step, content.words.paths)
    theirs = spoken.readers(step, content.words.paths, language)
    reached = {reader for those in theirs.values() for reader in those}
    left = [reader for those in english.values() for reader in those if reader not in reached]
    in_english = spoken.whom(left) if language != FALLBACK else ""
    readings = [
        reading
        for path, those in theirs.items()
        for reading in _readings(
            content, path, those, language, _beside(content.words, step, those[0], language)
        )
    ]
    points = any(_points(content, path) for path in theirs)
    facts = [(label, text) for label, text in _facts(step) if text]
    return Item(
        step.id,
        facts,
        (),
        _named(hazards.of_step(step, points=points)),
        words_hash[:_SHORT],
        readings,
        in_english,
    )


def _picture(content: Content, step: Step, language: str) -> str | None:
    """The drawing that goes with a step on Telegram, as the address of an image."""
    if step.picture is None:
        return None
    turned = languages.right_to_left(language)
    return shown(picture.drawn(content.files[picture.path_of(step.picture)], right_to_left=turned))


def _alt(content: Content, step: Step) -> str:
    return "" if step.picture is None else picture.alt(content.files[picture.path_of(step.picture)])


def _answer(content: Content, name: str, key: str, language: str, words_hash: str) -> Item:
    paths = sorted(
        path
        for path in content.words.paths
        if pack_of(path) == name and hashes.split(path)[:2] == (language, key)
    )
    readings = [
        reading
        for path in paths
        for reading in _readings(content, path, [], language, _english_of(content.words, path, language))
    ]
    points = any(_points(content, path) for path in paths)
    return Item(
        key,
        (),
        (),
        _named(hazards.of_reply(crisis=name == CRISIS, points=points)),
        words_hash[:_SHORT],
        readings,
        "",
    )


def _beside(words: Words, step: Step, reader: Reader, language: str) -> Template | None:
    """What the same reader reads in English."""
    return None if language == FALLBACK else words.find(step.key, *reader, FALLBACK)


def _english_of(words: Words, path: str, language: str) -> Template | None:
    if language == FALLBACK:
        return None
    return words.at(path.replace(f"templates/{language}/", f"templates/{FALLBACK}/", 1))


def _readings(
    content: Content, path: str, those: Sequence[Reader], language: str, beside: Template | None
) -> Iterator[Reading]:
    """A template in every case it tells apart, the longest first."""
    template = content.words.at(path)
    assert template is not None
    telegram = path.endswith(".telegram.j2")
    channel = ChannelName.TELEGRAM if telegram else ChannelName.SMS
    whom = spoken.whom(those) if those else f"whoever asks{' (Telegram)' if telegram else ''}"
    said: dict[str, dict[str, Value]] = {}
    for values in cases(content, content.words, template, language):
        said.setdefault(content.words.message(template, channel, language, values).body, values)
    for number, (body, values) in enumerate(list(said.items())[:_MOST_CASES], start=1):
        yield Reading(
            whom=whom,
            body=body,
            english=None if beside is None else _in_english(content.words, beside, channel, values),
            cost=_cost(body, channel),
            case=number if len(said) > 1 else 0,
            direction="rtl" if languages.right_to_left(language) else "ltr",
        )


def _in_english(words: Words, template: Template, channel: ChannelName, values: Mapping[str, Value]) -> str:
    missing = {name: "" for name in template.placeholders if name not in values and name not in words.values}
    return words.message(template, channel, FALLBACK, {**values, **missing}).body


def _cost(body: str, channel: ChannelName) -> str:
    if channel is ChannelName.TELEGRAM:
        return f"Telegram, {len(body)} characters"
    counted = sms.count(body)
    return f"SMS, {counted.parts} part{'' if counted.parts == 1 else 's'}, {counted.units} characters"


def _facts(step: Step) -> Iterator[tuple[str, str]]:
    yield "When", f"{spoken.when(step)}; at {step.at:%H:%M}"
    yield (
        "Importance",
        f"{step.importance.value}{'; sent again if nobody knows' if step.resend_if_uncertain else ''}",
    )
    yield "For", ", ".join(_audience(step.audience))
    yield "Not for", "who answered DONE" if "done" in step.unless else ""
    yield "Only", "who asked for this topic" if step.chosen else ""
    yield "Her own body", "goes to the mother alone" if step.body else ""
    yield "Answers", ", ".join(f"{word}: {_MEANT[meaning]}" for word, meaning in step.replies.items())


_MEANT = {"done": "done, no reminder", "signpost": "who can help"}


def _audience(wanted: Audience) -> Iterator[str]:
    if wanted.joined_before_days is not None:
        yield f"who joined before {wanted.joined_before_days // 7} weeks"
    if wanted.joined_after_days is not None:
        yield f"who joined at {wanted.joined_after_days // 7} weeks or later"
    if wanted.areas:
        yield f"who live in {', '.join(sorted(wanted.areas)).upper()}"
    for name, asked in (("under 20", wanted.under_20), ("with an earlier loss", wanted.previous_loss),
                        ("bereaved", wanted.bereaved), ("whose dates we know", wanted.dated)):  # fmt: skip
        if asked is not None:
            yield name if asked else f"not {name}"


def _named(ids: Sequence[str]) -> list[tuple[str, str]]:
    return [(one, hazards.HAZARDS[one]) for one in ids]


def _points(content: Content, path: str) -> bool:
    """Whether it prints a number or link of the directory."""
    template = content.words.at(path)
    shared = content.config.values()
    return template is not None and any(
        name in shared and name.rpartition("_")[2] in ("phone", "text", "web")
        for name in template.placeholders
    )
