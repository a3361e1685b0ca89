"""config/personas.yaml: made-up families whose whole life a reviewer looks at before words are approved.

Only those who write, check and preview read it: what runs does not wait for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Annotated

from pydantic import Field

from bot.content.checked import Day, Strict, Text, checked
from bot.content.config_schema import Id, LanguageCode, RoleName
from bot.content.document import Document, read
from bot.domain.address import ChannelName
from bot.domain.family import Role
from bot.errors import ContentError, Fault

PATH = "config/personas.yaml"
_AFTER = timedelta(days=365)
_LONGEST = timedelta(days=6 * 366)
_PREGNANT = timedelta(weeks=42)


class CharacterFile(Strict):
    """One person of a made-up family, as an editor writes them."""

    role: RoleName
    joined: Day
    language: LanguageCode = "en"
    channel: Annotated[ChannelName, Field(strict=False)] = ChannelName.SMS
    code: bool = True
    topics: list[Text] = Field(default_factory=list)
    without: list[Text] = Field(default_factory=list)
    less: bool = False
    private: bool = False
    under_20: bool = False
    previous_loss: bool = False
    stop: Day | None = None


class PersonaFile(Strict):
    """One made-up family. Every day in it is told on that day."""

    id: Id
    title: Text
    about: Text
    people: Annotated[list[CharacterFile], Field(min_length=1)]
    due: Day | None = None
    born: Day | None = None
    babies: Annotated[int, Field(ge=1, le=4)] = 1
    home: Day | None = None
    apart: Day | None = None
    loss: Day | None = None
    living_baby: Day | None = None
    until: Day | None = None


class PersonasFile(Strict):
    """config/personas.yaml."""

    personas: list[PersonaFile]


@dataclass(frozen=True, slots=True)
class Character:
    """One person of a made-up family: what they told us, and wished for.

    `code`: a relative came by the mother's code, so shares her dates. `topics`: asked for (True) or not
    wanted (False). `stop_on`: the day they text STOP.
    """

    role: Role
    joined_on: date
    language: str = "en"
    channel: ChannelName = ChannelName.SMS
    topics: Mapping[str, bool] = field(default_factory=dict)
    code: bool = True
    less: bool = False
    private: bool = False
    under_20: bool = False
    previous_loss: bool = False
    stop_on: date | None = None


@dataclass(frozen=True, slots=True)
class Persona:
    """A made-up family, shown until `until` (not included). The first of `people` is who tells us things.

    `home_on`: the babies are in hospital from their birth until then. `living_on`: after a loss the mother
    asks for messages for the baby who is with her.
    """

    id: str
    title: str
    about: str
    people: tuple[Character, ...]
    until: date
    due_on: date | None = None
    born_on: date | None = None
    babies: int = 1
    home_on: date | None = None
    apart_on: date | None = None
    loss_on: date | None = None
    living_on: date | None = None


def personas(files: Mapping[str, str]) -> tuple[Persona, ...]:
    """The personas in `files`; none where there is no such file. ContentError with every fault."""
    if PATH not in files:
        return ()
    document = read(PATH, files[PATH])
    found, faults = checked(document, PersonasFile)
    if found is not None:
        faults = list(_faults(document, found))
    if faults or found is None:
        raise ContentError(faults)
    return tuple(map(_persona, found.personas))


def strange_topics(files: Mapping[str, str], known: Collection[str]) -> Iterator[tuple[str, Fault]]:
    """Topics that no campaign here has, so that nobody could ask for them: (persona, where it stands)."""
    choice = ", ".join(sorted(known))
    for index, persona in enumerate(personas(files)):
        for number, person in enumerate(persona.people):
            for topic in (one for one in person.topics if one not in known):
                message = f"No campaign has the topic {topic:.40}. Write one of: {choice}."
                key = "topics" if person.topics[topic] else "without"
                place = ("personas", index, "people", number, key)
                yield persona.id, read(PATH, files[PATH]).fault(place, message)


def _faults(document: Document, file: PersonasFile) -> Iterator[Fault]:
    """What a schema alone cannot see: two of one name, and days that cannot follow each other."""
    ids = [one.id for one in file.personas]
    for index, one in enumerate(file.personas):
        place = ("personas", index)
        if one.id in ids[:index]:
            yield document.fault((*place, "id"), f"{one.id} is here twice. Rename one of the two.")
        for key, message in _impossible(one):
            yield document.fault((*place, key), message)


def _impossible(one: PersonaFile) -> Iterator[tuple[str, str]]:
    joined = min(person.joined for person in one.people)
    if one.due is not None and one.due > joined + _PREGNANT:
        yield "due", "That is more than 42 weeks after the first of them joined. Correct one of the two."
    if not joined < _until(one) <= joined + _LONGEST:
        yield "until", "Choose a day after they joined, at most six years."
    if one.loss is not None and (one.due or one.born) is None:
        yield "loss", "A loss needs a due date or a birth. Write due or born too."
    if one.loss is not None and one.loss < joined:
        yield "loss", "That is before anyone joined. Choose a later day."
    for key, day, before in (("home", one.home, one.born), ("apart", one.apart, one.born)):
        if day is not None and (before is None or day < before):
            yield key, f"{key} follows the birth. Write born, and a day that is not before it."
    if one.living_baby is not None and (one.loss is None or one.living_baby < one.loss or one.babies < 2):
        yield "living_baby", "This follows a loss, where babies is 2 or more. Correct it, or take it away."


def _persona(one: PersonaFile) -> Persona:
    return Persona(
        id=one.id,
        title=one.title,
        about=one.about,
        people=tuple(map(_person, one.people)),
        due_on=one.due,
        born_on=one.born,
        babies=one.babies,
        home_on=one.home,
        apart_on=one.apart,
        loss_on=one.loss,
        living_on=one.living_baby,
        until=_until(one),
    )


def _until(one: PersonaFile) -> date:
    """As written, else a year after the birth, else after the due date, else after the first joined."""
    if one.until is not None:
        last: date = one.until
        return last
    begins: date = one.born or one.due or min(person.joined for person in one.people)
    return begins + _AFTER


def _person(one: CharacterFile) -> Character:
    return Character(
        role=one.role,
        joined_on=one.joined,
        language=one.language,
        channel=one.channel,
        code=one.code,
        topics=dict.fromkeys(one.topics, True) | dict.fromkeys(one.without, False),
        less=one.less,
        private=one.private,
        under_20=one.under_20,
        previous_loss=one.previous_loss,
        stop_on=one.stop,
    )
