"""Reply to signpost: a word or a question is answered with services, and MORE gives the next ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.audience import lost, newest_heard_of
from bot.domain.conversation import effects as e
from bot.domain.conversation.person import Person
from bot.domain.conversation.telling import knows_of_loss, owns
from bot.domain.conversation.turn import Reply, Talk, Turn, say
from bot.domain.directory import Service
from bot.domain.family import HoldKind
from bot.domain.meaning import Meaning, Word
from bot.domain.opening import Opening, OpeningState

MOST = 3  # services in one answer
MORE = "more"  # the talk that an answer leaves: which topic, and which services were named
SAFE = "safe"  # the topic that is answered to one who is alone with the phone, and to nobody else (CARE 21)
ALONE, ALONE_MORE = "alone?", "alone:more"
ALONE_FOR = timedelta(minutes=10)
BEHIND_SAFE = "abuse"  # its services; no word leads to it but SAFE, and that one asks first
_FOR_MORE = ((("More", "MORE"),),)
_TOPICS = (
    (("Sleep", "SLEEP"), ("Crying", "CRYING"), ("Feeding", "FEEDING")),
    (("Mood", "MOOD"), ("Money", "MONEY"), ("Food", "FOOD")),
    (("Housing", "HOUSING"), ("Smoking", "SMOKING"), ("Vaccines", "VACCINES")),
    (("Family hub", "HUB"), ("Safe", "SAFE")),
)
_TOPICS_AFTER_LOSS = (
    (("Support", "SUPPORT"), ("Mood", "MOOD")),
    (("Money", "MONEY"), ("Housing", "HOUSING"), ("Safe", "SAFE")),
)
BUTTONS = frozenset(
    sends for rows in (_FOR_MORE, _TOPICS, _TOPICS_AFTER_LOSS) for row in rows for _, sends in row
)
"""What the buttons of these answers send, each of which has a label in every language."""
_Found = Sequence[tuple[Service, Opening]]


def asks(person: Person, topic: str, now: datetime) -> Turn:
    """Somebody asks about a topic. Nobody who told us of a loss is led to anything of a baby (CARE 5, 19)."""
    if topic in (SAFE, BEHIND_SAFE):
        reply = Reply("safe_alone", until=now + ALONE_FOR)
        return Turn(Talk(ALONE, {"asked": now.isoformat()}), (), (reply,))
    found = _find(person, topic, now)
    if found:
        return _named(person, topic, found)
    if may_be_bereaved(person) and _find(person, topic, now, after_loss=False):
        return say("start_after_loss" if bereaved(person) else "loss_unclear")
    return say("signpost_none")


def more(person: Person, talk: Talk, now: datetime) -> Turn:
    """The next services on the topic that was last answered; where there is none, that is said."""
    if talk.name not in (MORE, ALONE_MORE) or _too_late(talk, now):
        return say("more_nothing")
    named = talk.data["named"].split()
    found = _find(person, talk.data["topic"], now, named)
    if not found:
        return say("more_nothing")
    if talk.name == ALONE_MORE:
        return _to_one_alone(found, talk)
    return _named(person, talk.data["topic"], found, named)


def answered(talk: Talk, meaning: Meaning, person: Person, now: datetime) -> Turn | None:
    """The answer to "Alone with this phone now?"; None for anything else, and once ten minutes are over."""
    if talk.name != ALONE or _too_late(talk, now):
        return None
    if meaning.digit == 2 or meaning.word is Word.NO:
        return say("ok")
    if meaning.digit == 1 or meaning.word is Word.YES:
        found = _find(person, BEHIND_SAFE, now)
        if found:
            return _to_one_alone(found, talk.on(ALONE_MORE, topic=BEHIND_SAFE, named=""))
        return say("signpost_none")
    return None


def lives(person: Person, area: str, talk: Talk, now: datetime) -> Turn:
    """A member said a postcode: it is kept, and what they had asked about is answered again, near first,
    where that makes a difference."""
    kept = e.SetArea(area)
    if person.member is None or talk.name != MORE or not person.directory.asks_where(talk.data["topic"]):
        return say("area_saved", kept, area=area.upper())
    there = replace(person, member=replace(person.member, area=area))
    turn = asks(there, talk.data["topic"], now)
    return replace(turn, effects=(kept, *turn.effects))


def topics(person: Person) -> Turn:
    """The words that one may ask by; none of a baby to one who grieves, or whose baby is not with them."""
    if may_be_bereaved(person) or _apart(person):
        return Turn(replies=(Reply("topics_after_loss", buttons=_TOPICS_AFTER_LOSS),))
    return Turn(replies=(Reply("topics", buttons=_TOPICS),))


def fewer(turn: Turn) -> Turn | None:
    """The same with less in it, for an answer that is too long: first without the question where they
    live, then with one service less, which MORE gives; None when there is nothing to leave out."""
    [reply] = turn.replies
    if reply.values["place"]:
        effects = tuple(one for one in turn.effects if one != e.SetArea(""))
        shorter = replace(reply, values={**reply.values, "place": ""})
        return replace(turn, effects=effects, replies=(shorter,))
    services = reply.services[:-1]
    if not services:
        return None
    named = turn.talk.data["named"].split()[:-1]
    shorter = _reply(reply.key, services, left=True, until=reply.until)
    return Turn(turn.talk.on(turn.talk.name, named=" ".join(named)), turn.effects, (shorter,))


def bereaved(person: Person) -> bool:
    """Whether this one told of a loss that stands, or it was the newest pregnancy of their own, and they
    have not asked for messages about a living baby since. Of others' losses nobody learns here (CARE 8)."""
    if knows_of_loss(person):
        return True
    newest = None if person.family is None else person.family.current()
    if newest is None or person.member is None or not owns(person):
        return False
    return lost(newest) and person.member.id not in newest.resumed_for


def may_be_bereaved(person: Person) -> bool:
    """As `bereaved`, or an unclear word of their own waits for their OK (CARE 2)."""
    mine = None if person.member is None else person.member.id
    return bereaved(person) or any(
        hold.kind is HoldKind.UNCLEAR_LOSS and hold.member_id == mine for hold in person.holds
    )


def _apart(person: Person) -> bool:
    """Whether no baby of the newest pregnancy is with them, and it is their own. Others learn nothing of it
    by a list that is suddenly shorter (CARE 8)."""
    if person.family is None or person.member is None or not owns(person):
        return False
    newest = newest_heard_of(person.member, person.family)
    return newest is not None and newest.apart


def _find(
    person: Person, topic: str, now: datetime, but: Sequence[str] = (), *, after_loss: bool | None = None
) -> _Found:
    member = person.member
    return person.directory.find(
        topic,
        now,
        role=None if member is None else member.role,
        language=person.language,
        area=None if member is None else member.area,
        after_loss=may_be_bereaved(person) if after_loss is None else after_loss,
        but=but,
    )


def _named(person: Person, topic: str, found: _Found, before: Sequence[str] = ()) -> Turn:
    shown = found[:MOST]
    where = _asks_where(person, topic)
    reply = _reply("signpost", shown, left=len(found) > MOST, place=where)
    talk = Talk(MORE, {"topic": topic, "named": " ".join([*before, *(one.id for one, _ in shown)])})
    return Turn(talk, (e.SetArea(""),) if where else (), (reply,))


def _to_one_alone(found: _Found, talk: Talk) -> Turn:
    """For somebody who is alone with the phone now: not worth sending once the ten minutes are over."""
    shown = found[:MOST]
    named = " ".join([*talk.data["named"].split(), *(one.id for one, _ in shown)])
    until = datetime.fromisoformat(talk.data["asked"]) + ALONE_FOR
    reply = _reply("safe", shown, left=len(found) > MOST, until=until)
    return Turn(talk.on(ALONE_MORE, named=named), (), (reply,))


def _reply(
    key: str, services: _Found, *, left: bool, place: bool = False, until: datetime | None = None
) -> Reply:
    shut = all(opening.state is OpeningState.SHUT for _, opening in services)
    values = {"more": "yes" if left else "", "place": "ask" if place else "", "shut": "yes" if shut else ""}
    return Reply(key, values, buttons=_FOR_MORE if left else (), services=services, until=until)


def _asks_where(person: Person, topic: str) -> bool:
    """Once ever, where it makes a difference, and nobody who may be grieving."""
    if person.member is None or person.member.area is not None or may_be_bereaved(person):
        return False
    return person.directory.asks_where(topic)


def _too_late(talk: Talk, now: datetime) -> bool:
    """Whether somebody was alone with the phone ten minutes ago or more."""
    asked = talk.data.get("asked")
    return asked is not None and now - datetime.fromisoformat(asked) >= ALONE_FOR
