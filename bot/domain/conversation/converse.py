"""Which of the conversations answers: everything that was not urgent, exactly one outcome for each."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.domain.conversation import (
    choices,
    household,
    joining,
    moving,
    preferences,
    pregnancy,
    signposts,
    topics,
    urgent,
    work,
)  # fmt: skip
from bot.domain.conversation import effects as e
from bot.domain.conversation.person import Person
from bot.domain.conversation.telling import knows_of_loss
from bot.domain.conversation.turn import Reply, Talk, Turn, say
from bot.domain.inbound import InboundKind
from bot.domain.meaning import LossKind, Meaning, StopKind, Word

_NO_ANSWER = frozenset(
    {InboundKind.EDIT, InboundKind.UNBLOCK, InboundKind.GROUP, InboundKind.OPT_HELP, InboundKind.UNKNOWN}
)
_PREGNANCY = frozenset({Word.BORN, Word.DUE, Word.NEONATAL, Word.HOME, Word.APART, Word.UNDO, Word.SUPPORT})
_TOLD = _PREGNANCY - {Word.UNDO, Word.SUPPORT}
_EVEN_AFTER_STOP = frozenset({Word.HELP, Word.SUPPORT, Word.UNDO, Word.MY_DATA, Word.DELETE, Word.JOIN})
STILL_WANTED = "still wanted?"  # the talk that the yearly question begins (CARE 18)
_YES_OR_NO = frozenset({"stop?", "delete", "mean?"})
_HERS = frozenset({Word.UNDO, Word.SUPPORT, Word.DELETE, Word.MY_DATA, Word.LANGUAGE, Word.NEWPHONE})
_ASKED_OF_HER = frozenset(
    {"support", "support:which", "support:own", "delete", "stop?", "mean?", "language", household.HERE}
)
_SHE_ASKED = frozenset({signposts.MORE, signposts.ALONE, signposts.ALONE_MORE})  # ... and was told by then
_ASKED_AFTER_STOP = frozenset({"support", "support:which", "support:own", "delete"})


def converse(
    meaning: Meaning, person: Person, talk: Talk, kind: InboundKind, text: str, now: datetime
) -> Turn:
    """The turn for one stored message; what `urgent` applied is not answered again. Never raises.

    `text` is there for what no meaning carries; nothing of it is ever repeated in an answer.
    """
    if urgent.handled(meaning, kind):
        ended = meaning.loss is not None or meaning.stop is not None or kind is InboundKind.OPT_OUT
        return Turn(Talk.none() if ended else talk)
    if kind in _NO_ANSWER:
        return Turn(talk)
    if kind is InboundKind.MEDIA and person.stopped:  # START too is typed alone (P2)
        return Turn()
    typed = meaning.word is Word.START and kind is not InboundKind.MEDIA
    if kind is InboundKind.START or typed:  # the provider's own YES is no START of ours
        if joining.joining(talk) and not person.stopped and not person.known:
            return joining.carry_on(talk, meaning, person, kind, now)
        if kind is InboundKind.START and person.known and person.codes.tried:
            return household.joined(person)
        return choices.start(person, kind)
    if person.stopped:
        return _to_a_stopped(meaning, person, talk, now)
    if not person.known and person.not_a_mobile is not None:
        return joining.begin(person)
    if kind is InboundKind.MEDIA:
        return Turn(talk, (), (Reply("voice_note"),))
    if meaning.word is Word.HELP:
        return Turn(talk, (), urgent.in_tongue([Reply(_help(person))], meaning, person))
    if not person.known:
        return _stranger(meaning, person, talk, kind, now)
    return _member(meaning, person, talk, now)


def _stranger(meaning: Meaning, person: Person, talk: Talk, kind: InboundKind, now: datetime) -> Turn:
    if meaning.word is Word.NEWPHONE:
        return household.told(meaning.word, meaning, person, now)
    if household.asked(talk) and (moved := household.answered(meaning, person)):
        return moved
    if joining.joining(talk):
        if meaning.stop is not None:  # kept, to go on where it stood after a no
            return Turn(Talk("stop?", talk.data | {"then": talk.name}), (), (Reply("stop_unclear"),))
        return joining.carry_on(talk, meaning, person, kind, now)
    if talk.name == "stop?" and "then" in talk.data:
        return _answer(meaning, person, talk, now) or joining.carry_on(
            _before(talk), meaning, person, kind, now
        )
    if meaning.word is Word.JOIN:
        return joining.begin(person)
    alone = signposts.answered(talk, meaning, person, now)
    return alone or _pointed(meaning, person, talk, now) or say("join_first")


def _pointed(meaning: Meaning, person: Person, talk: Talk, now: datetime) -> Turn | None:
    """The answer to a question on a topic, which anybody may ask; None when it was none."""
    if meaning.word is Word.MORE:
        return signposts.more(person, talk, now)
    if meaning.word in (Word.MENU, Word.CHOOSE):
        return signposts.topics(person)
    return None if meaning.topic is None else signposts.asks(person, meaning.topic, now)


def _to_a_stopped(meaning: Meaning, person: Person, talk: Talk, now: datetime) -> Turn:
    """After a STOP only what someone plainly asks for is answered, and nothing but START resumes."""
    standing = _answer(meaning, person, talk, now) if talk.name in _ASKED_AFTER_STOP else None
    if standing is not None:
        wants_more = any(
            isinstance(one, e.RecordConsent | e.ResumeLivingBaby | e.WantTopic) for one in standing.effects
        )
        return choices.ask_start() if wants_more else standing
    if meaning.word is Word.NEWPHONE and person.codes.tried:
        return choices.ask_start()
    if meaning.word not in _EVEN_AFTER_STOP:
        return Turn()
    if meaning.word is Word.HELP:
        return Turn(replies=urgent.in_tongue([Reply(_help(person))], meaning, person))
    if meaning.word is Word.JOIN or not person.known:
        return choices.ask_start()
    return _word(meaning, person, now) or Turn()


def _member(meaning: Meaning, person: Person, talk: Talk, now: datetime) -> Turn:
    if (ended := topics.ends(meaning, person)) is not None:
        return ended
    if meaning.stop is StopKind.TOPIC and meaning.stop_topic is not None:
        return say("topic_stopped", e.StopTopic(meaning.stop_topic), topic=_read(meaning.stop_topic))
    if meaning.stop is not None or meaning.near == "stop":  # whatever was being asked (P2)
        return Turn(Talk("stop?"), (), (Reply("stop_unclear"),))
    if joining.by_code(talk):
        return joining.carry_on(talk, meaning, person, InboundKind.TEXT, now)
    if _tell_her(meaning, person, talk):
        return Turn(Talk("held"), (), (Reply("held_ok"),))
    standing = _answer(meaning, person, talk, now)
    if standing is not None:
        return standing
    if meaning.word is not None:
        turn = _word(meaning, person, now)
        if turn is not None:
            return turn
    if (turn := _pointed(meaning, person, talk, now)) is not None:
        return turn
    if preferences.wants_to_read(meaning, person):
        return replace(preferences.read(person), talk=talk)
    if meaning.area is not None:
        return signposts.lives(person, meaning.area, talk, now)
    if meaning.near is not None:
        word = _read(
            meaning.near
        ).upper()  # on its button too, which outlives the question: a "1" would not do
        asked = Reply("did_you_mean", {"word": word}, buttons=(((word, word),),))
        return Turn(Talk("mean?", {"word": meaning.near}), (), (asked,))
    return say("not_understood")


def _tell_her(meaning: Meaning, person: Person, talk: Talk) -> bool:
    """A relative's word holds her: her next text is told so, and never who it was (CARE 6).

    An OK counts once she was told. BORN and the like change nothing while an OK is waited for. What she
    asks for herself, and her answers to that, are not in its way.
    """
    if meaning.word in _TOLD or talk.name.split(":")[0] in ("due", "born"):
        return choices.waits_for_ok(person) and not knows_of_loss(person)
    own = meaning.word in _HERS or talk.name in _ASKED_OF_HER | _SHE_ASKED or meaning.topic == signposts.SAFE
    return not own and talk.name != "held" and choices.held_by_others(person)


def _word(meaning: Meaning, person: Person, now: datetime) -> Turn | None:
    assert meaning.word is not None
    if (turn := work.refused(meaning.word, person)) is not None and not person.codes.tried:
        return turn
    if person.works and meaning.word is Word.SUPPORT:
        return signposts.asks(person, "loss", now)
    if meaning.word is Word.JOIN:
        return household.joined(person)
    if meaning.word in household.WORDS:
        return household.told(meaning.word, meaning, person, now)
    if meaning.word in preferences.WORDS:
        return preferences.told(meaning.word, meaning, person, now)
    if meaning.word is Word.LANGUAGE:
        return choices.language(meaning, person)
    if meaning.word is Word.CHOOSE:
        return topics.asked_for(meaning, person, now)
    if meaning.word is Word.MOVED:
        return moving.moved(meaning, person)
    if meaning.word in _PREGNANCY:
        return pregnancy.told(meaning.word, meaning, person, now)
    return choices.chosen(meaning.word, person, now)


def _answer(meaning: Meaning, person: Person, talk: Talk, now: datetime) -> Turn | None:
    """The answer to the question that stands; None when the text is not one."""
    if pregnancy.asked(talk):
        return pregnancy.answered(talk, meaning, person, now)
    if household.asked(talk):
        return household.answered(meaning, person)
    if preferences.asked(talk):
        return preferences.answered(talk, meaning, now)
    if talk.name == topics.LIST:
        return topics.answered(meaning, person, talk, now)
    if talk.name == moving.WHERE:
        return moving.answered(talk, meaning)
    if talk.name == signposts.ALONE:
        return signposts.answered(talk, meaning, person, now)
    agreed = meaning.digit == 1 or meaning.word in (Word.YES, Word.OK)
    if talk.name == STILL_WANTED:
        return _still_wanted(meaning, person, agreed)
    if talk.name in _YES_OR_NO and (meaning.digit == 2 or meaning.word is Word.NO):
        return joining.again(_before(talk), person) if "then" in talk.data else say("ok")
    match talk.name:
        case choices.AGREE_AGAIN:
            return choices.agrees_again(meaning, person)
        case "held":
            return choices.ok(person) if agreed else None
        case "stop?":
            return say("stopped", e.StopAddress("stop")) if agreed else None
        case "delete":
            sure = agreed and choices.just_asked(talk, now)
            return say("deleted", e.EraseMe()) if sure else None
        case "language":
            return choices.language(meaning, person)
        case "mean?":
            return _meant(meaning, person, talk.data.get("word", ""), now) if agreed else None
    return None


def _still_wanted(meaning: Meaning, person: Person, agreed: bool) -> Turn | None:
    """A no to the yearly question is a STOP; a yes that comes after the texts ended is told of START."""
    if meaning.digit == 2 or meaning.word is Word.NO:
        return say("stopped", e.StopAddress("stop"))
    if not agreed:
        return None
    return choices.ask_start() if choices.ended(person) else say("ok")


def _meant(meaning: Meaning, person: Person, word: str, now: datetime) -> Turn | None:
    """They did mean it: taken as if they had written it; a loss is applied in this very transaction."""
    if word == "loss":
        return say("loss", *urgent.reported(LossKind.PLAIN, person))
    if word == Word.HELP:
        return say(_help(person))
    if word in set(Word):
        return _word(replace(meaning, word=Word(word), digit=None), person, now)
    return signposts.asks(person, word, now)


def _help(person: Person) -> str:
    return "work_help" if person.works else "help"


def _read(name: str) -> str:
    """The name of a topic or word, as people read it."""
    return name.replace("_", " ")


def _before(talk: Talk) -> Talk:
    """The question of joining that another one came between."""
    return Talk(talk.data["then"], {name: said for name, said in talk.data.items() if name != "then"})
