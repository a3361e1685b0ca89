"""What people choose for themselves: start, pause, less, a topic, their data, and small talk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.address import ChannelName
from bot.domain.conversation import effects as e
from bot.domain.conversation import joining, signposts, work
from bot.domain.conversation.person import Person
from bot.domain.conversation.telling import knows_of_loss
from bot.domain.conversation.turn import Reply, Talk, Turn, in_weeks, say
from bot.domain.family import HoldKind, Purpose, joins_for
from bot.domain.inbound import InboundKind
from bot.domain.meaning import Meaning, Word

PAUSE_WEEKS = 4
TOPICS_NAMED = 6  # in one text; the full copy names them all
STILL_AN_ANSWER = timedelta(days=1)
AGREE_AGAIN = "consent?"
AGAIN = ((("Send me messages again", "START"),),)
_LOSSES = frozenset({HoldKind.LOSS, HoldKind.UNCLEAR_LOSS})


def start(person: Person, kind: InboundKind) -> Turn:
    """START alone or our button resumes; Telegram's own /start and everything else never does (P2)."""
    if kind is InboundKind.START and ended(person):
        return ask_start()
    if not person.known:
        return joining.begin(person, *((e.StartAddress(),) if person.stopped else ()))
    if kind is InboundKind.START:
        return joined(person)
    before = (e.StartAddress(),) if ended(person) else ()
    if person.withdrew and not (knows_of_loss(person) or waits_for_ok(person)):
        asked = work.ASKS if person.works else "consent"
        return say(asked, *before, talk=Talk(AGREE_AGAIN))  # what was taken back is agreed to anew (P1)
    return resumed(person, "started", *before)


def agrees_again(meaning: Meaning, person: Person) -> Turn | None:
    """The answer of one who had taken their consent back and texted START: only a plain yes is consent."""
    if meaning.digit == 2 or meaning.word is Word.NO:
        return say("consent_declined")
    if meaning.digit == 1 or meaning.word in (Word.YES, Word.OK):
        how = "telegram" if person.channel is ChannelName.TELEGRAM else "reply"
        if person.works:
            return say("started", e.RecordConsent(Purpose.PROFESSIONAL, how=how, asked=work.ASKS))
        return say("started", e.RecordConsent(Purpose.PREGNANCY_AND_BABY, how=how))
    return None


def ended(person: Person) -> bool:
    """Whether a STOP, or a year's silence, ended this one's messages: only START brings them back (P2)."""
    if person.member is None:
        return person.stopped
    purpose = joins_for(person.member.role)
    return person.stopped or (purpose, person.channel) not in person.member.consents


def ask_start() -> Turn:
    """Texts have ended; START brings them back, nothing else does."""
    return Turn(replies=(Reply("stopped", buttons=AGAIN),))


def resumed(person: Person, key: str, *before: e.Effect) -> Turn:
    """One's own pause ends; `key` says so, unless a hold that one may know of keeps the messages away."""
    if ended(person) and not before:
        return ask_start()
    talk = Talk.none()
    if knows_of_loss(person):
        key = "start_after_loss"
    elif waits_for_ok(person):
        key, talk = "held_ok", Talk("held")
    elif person.is_mother and any(hold.kind is HoldKind.SILENCE for hold in person.holds):
        key = "check_in"
    return say(key, *before, e.Resume(), talk=talk)


def joined(person: Person) -> Turn:
    """To one who is a member already."""
    if ended(person):
        return ask_start()
    return say("start_after_loss" if knows_of_loss(person) else "already_joined")


def ok(person: Person) -> Turn:
    """OK ends an unclear loss of one's own, and for the mother what a relative's word held (CARE 2, 6)."""
    if held_by_others(person):
        return _lifted(person, _LOSSES)
    if waits_for_ok(person) and not knows_of_loss(person):
        return _lifted(person, frozenset({HoldKind.UNCLEAR_LOSS}))
    return Turn()


def _lifted(person: Person, kinds: frozenset[HoldKind]) -> Turn:
    """A hold ends; what one's own STOP, silence or withdrawal ended does not, and nobody is told it does."""
    replies = ask_start().replies if ended(person) else (Reply("resumed"),)
    return Turn(effects=(e.LiftHolds(kinds),), replies=replies)


def waits_for_ok(person: Person) -> bool:
    """Whether an OK of this writer's would end a hold: an unclear loss of their own, or others' for her."""
    mine = person.member.id if person.member is not None else None
    own = any(hold.kind is HoldKind.UNCLEAR_LOSS and hold.member_id == mine for hold in person.holds)
    return own or held_by_others(person)


def held_by_others(person: Person) -> bool:
    """Whether the writer is the mother, and a relative's word of a loss, not hers, holds her messages.

    What staff recorded is no relative's word: she is not asked to go on with texts about a baby (CARE 6).
    """
    if not person.is_mother or person.member is None:
        return False
    losses = [hold for hold in person.holds if hold.kind in _LOSSES]
    return bool(losses) and all(hold.member_id not in (None, person.member.id) for hold in losses)


def chosen(word: Word, person: Person, now: datetime) -> Turn | None:
    """A word of one's own choosing, from somebody we know; None when it is not one of these."""
    match word:
        case Word.PAUSE:
            until = in_weeks(now, PAUSE_WEEKS)
            if knows_of_loss(person):  # no day on which texts go on
                return say("start_after_loss", e.Pause(until))
            return Turn(effects=(e.Pause(until),), replies=(Reply("paused", {"date": until}),))
        case Word.RESUME:
            return resumed(person, "resumed")
        case Word.LESS | Word.ALL:
            return say("ok", e.SetEssentialOnly(word is Word.LESS))
        case Word.DONE:
            return say("done", e.Answered(None, "done"))
        case Word.BOOK:
            return _book(person, now)
        case Word.MY_DATA:
            return _my_data(person)
        case Word.DELETE:
            return say("deleted_confirm", talk=Talk("delete", {"asked": now.isoformat()}))
        case Word.OK | Word.YES:
            return ok(person)
        case Word.THANKS | Word.NO:
            return Turn()
    return None


def _book(person: Person, now: datetime) -> Turn:
    """Where the thing of the last message is booked."""
    turn = say("help") if person.last_topic is None else signposts.asks(person, person.last_topic, now)
    return replace(turn, effects=(e.Answered(None, "book"), *turn.effects))


def just_asked(talk: Talk, now: datetime) -> bool:
    """Whether the question is of today or yesterday: a "1" of a month later is no answer to it."""
    asked = talk.data.get("asked")
    return asked is not None and now - datetime.fromisoformat(asked) < STILL_AN_ANSWER


def language(meaning: Meaning, person: Person) -> Turn:
    """The language that was named or numbered; else the menu, where there is a choice."""
    codes = [code for code, _ in person.offered]
    chosen = meaning.language if meaning.language in codes else None
    if chosen is None and meaning.digit is not None and 1 <= meaning.digit <= len(codes):
        chosen = codes[meaning.digit - 1]
    if chosen is not None:
        return Turn(effects=(e.SetLanguage(chosen),), replies=(Reply("ok", language=chosen),))
    if len(codes) < 2:
        return say("help")
    return say("ask_language", talk=Talk("language"), menu=joining.menu(person))


def named(topics: Sequence[str]) -> list[str]:
    """As many topics as one text holds; last, how many more there are."""
    more = len(topics) - TOPICS_NAMED
    return [*topics[:TOPICS_NAMED], *([f"+{more}"] if more > 0 else [])]


def _my_data(person: Person) -> Turn:
    if person.member is None:
        return say("help")
    wanted = sorted(name.replace("_", " ") for name, on in person.member.topics.items() if on)
    return say(
        "my_data",
        role=person.member.role.value,
        language=person.member.language,
        topics=", ".join(named(wanted)) or "all",
    )
