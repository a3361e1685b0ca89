"""TOPICS: what somebody may ask for by themselves, chosen from a list and taken off again (CARE 25).

Nobody is asked who they are. Who told of a loss is offered what is for after one, and nothing of a baby;
others of the same family are offered what they always were (CARE 8, 19).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from bot.domain.audience import lost, newest_heard_of
from bot.domain.choosing import Choice
from bot.domain.conversation import choices, signposts
from bot.domain.conversation import effects as e
from bot.domain.conversation.person import Person
from bot.domain.conversation.telling import owns
from bot.domain.conversation.turn import Reply, Talk, Turn, say
from bot.domain.family import HoldKind, Purpose
from bot.domain.hours import local_day
from bot.domain.meaning import Meaning, StopKind, Word

LIST = "topics"  # the talk that the list leaves: what stands at which number
ASKS = "topics_choose"  # the reply that asks, and whose words are agreed to
BIRTH = frozenset({"born:where", "born:date"})  # the talks of a birth (conversation.born)
A_PAGE = 5
CHOSEN = "*"  # behind what is chosen already: the template says what it means
_AGREED_ANEW = frozenset({Purpose.SUPPORT_AFTER_LOSS, Purpose.NEXT_PREGNANCY})


def looks(meaning: Meaning, talk: Talk) -> bool:
    """Whether `Person.choices` are needed to answer this."""
    listed = meaning.word is Word.CHOOSE or talk.name == LIST or bool(meaning.named)
    return listed or meaning.word is Word.NEONATAL or talk.name in BIRTH  # which may end on a ward


def asked_for(meaning: Meaning, person: Person, now: datetime) -> Turn:
    """TOPICS: the list, or at once what was named behind it; with nothing to choose, the words to ask by."""
    if choices.ended(person):
        return choices.ask_start()
    named = _named(meaning, person)
    if named is not None and named in offered(person, local_day(now)):
        return _chosen(named, person)
    if named is not None and signposts.bereaved(person):  # an old button, or a list of before (CARE 5)
        return say("start_after_loss")
    if meaning.topic is not None:
        return signposts.asks(person, meaning.topic, now)
    return _list(person, 0, now)


def answered(meaning: Meaning, person: Person, talk: Talk, now: datetime) -> Turn | None:
    """The answer to the list: a number chooses, or takes off what is chosen; MORE goes on; 0 is none."""
    if talk.name != LIST or not choices.just_asked(talk, now):
        return None
    if meaning.word is Word.MORE:
        return _list(person, int(talk.data["next"]), now)
    if meaning.digit == 0 or meaning.word is Word.NO:
        return say("ok")
    stands = talk.data["shown"].split()
    if meaning.digit is None or not 1 <= meaning.digit <= len(stands):
        return None
    topic = stands[meaning.digit - 1]
    one = next((one for one in offered(person, local_day(now)) if one.topic == topic), None)
    if one is None or choices.ended(person):  # gone meanwhile, by a loss or by staff
        return asked_for(Meaning(word=Word.CHOOSE), person, now)
    return say("topic_off", e.StopTopic(topic)) if one.wanted else _chosen(one, person)


def ends(meaning: Meaning, person: Person) -> Turn | None:
    """STOP and the word of a topic that may be chosen ends that topic, whether it is on offer now or not."""
    if meaning.stop not in (StopKind.TOPIC, StopKind.UNCLEAR):
        return None
    named = _named(meaning, person)
    return None if named is None else say("topic_off", e.StopTopic(named.topic))


def offered(person: Person, today: date) -> Sequence[Choice]:
    """What this one may choose today."""
    purposes = _purposes(person, today)
    return [one for one in person.choices if one.offered and one.purpose in purposes]


def _purposes(person: Person, today: date) -> frozenset[Purpose]:
    if person.family is None or (any(one.kind is HoldKind.SILENCE for one in person.holds) and owns(person)):
        return frozenset()
    if person.works:
        return frozenset({Purpose.PROFESSIONAL})
    if signposts.bereaved(person):
        return frozenset({Purpose.SUPPORT_AFTER_LOSS})
    newest = None if person.member is None else newest_heard_of(person.member, person.family)
    told_today = owns(person) and newest is not None and newest.lost_on == today
    apart = newest is not None and newest.apart
    if signposts.may_be_bereaved(person) or told_today or apart:
        return frozenset()
    return frozenset({Purpose.PREGNANCY_AND_BABY, *([Purpose.NEXT_PREGNANCY] if _again(person) else [])})


def _again(person: Person) -> bool:
    """Whether a loss lies behind this pregnancy and they know of it: hers, or they asked for what follows.
    A new partner must not learn of an earlier loss from a list."""
    if person.family is None or person.member is None:
        return False
    newest = person.family.current()
    before = any(lost(one) for one in person.family.pregnancies if one != newest)
    knows = owns(person) or any(purpose in _AGREED_ANEW for purpose, _ in person.member.consents)
    return before and knows


def _named(meaning: Meaning, person: Person) -> Choice | None:
    return next((one for one in person.choices if meaning.named == one.word.casefold()), None)


def _chosen(one: Choice, person: Person) -> Turn:
    """Chosen: what is for after a loss, or for the next pregnancy, is a consent of its own (P1)."""
    agreed = (e.RecordConsent(one.purpose, asked=ASKS),) if one.purpose in _AGREED_ANEW else ()
    private = person.member is not None and person.member.private
    return say("topic_on", *agreed, e.WantTopic(one.topic), word="" if private else one.word)


def _list(person: Person, first: int, now: datetime) -> Turn:
    """Five at a time. What is behind the last is the first again."""
    everything = offered(person, local_day(now))
    if not everything:
        return signposts.topics(person)
    first = first if first < len(everything) else 0
    page = everything[first : first + A_PAGE]
    left = first > 0 or len(everything) > len(page)
    lines = [f"{one.label}{CHOSEN if one.wanted else ''}" for one in page]
    reply = Reply(
        ASKS,
        {
            "choices": "\n".join(f"{n} {line}" for n, line in enumerate(lines, 1)),
            "chosen": "yes" if any(one.wanted for one in page) else "",
            "more": "yes" if left else "",
        },
        buttons=(*(_button(one, line) for one, line in zip(page, lines, strict=True)), *_more(left)),
    )
    shown = " ".join(one.topic for one in page)
    talk = Talk(LIST, {"shown": shown, "next": str(first + A_PAGE), "asked": now.isoformat()})
    return Turn(talk, (), (reply,))


def _button(one: Choice, line: str) -> tuple[tuple[str, str]]:
    """It says what it chooses, for it outlives the list: a number would not do."""
    return ((line, f"STOP {one.word}" if one.wanted else f"TOPICS {one.word}"),)


def _more(left: bool) -> tuple[tuple[tuple[str, str]], ...]:
    return ((("More", "MORE"),),) if left else ()
