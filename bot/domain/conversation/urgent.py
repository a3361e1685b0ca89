"""What is applied in the transaction that stores a message: crisis, LOSS and STOP, each that is found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from bot.domain.conversation import effects as e
from bot.domain.conversation.person import Person
from bot.domain.conversation.telling import knows_of_loss
from bot.domain.conversation.turn import Reply, Talk, Turn
from bot.domain.inbound import InboundKind
from bot.domain.meaning import LossKind, Meaning, StopKind

_NOT_ACTED_ON = frozenset({InboundKind.EDIT, InboundKind.GROUP, InboundKind.UNKNOWN, InboundKind.START})
_LAST = "en"  # the language that a crisis is always answered in as well (CARE 20)
_LOSS_ANSWERS = {
    LossKind.PLAIN: "loss",
    LossKind.ENDED: "loss_thanks",
    LossKind.UNCLEAR: "loss_unclear",
}


def urgent(meaning: Meaning, person: Person, kind: InboundKind, now: datetime) -> Turn:
    """Crisis first, then loss, then stop; every one that is found applies (P10, CARE 1).

    What a deep link carried in with a START is a code that nobody typed: it is no word to be acted on.
    """
    if kind is InboundKind.BLOCK:
        return Turn(effects=(e.StopAddress("block"),))
    if kind in _NOT_ACTED_ON:
        edited = _crisis(meaning, person) if kind is InboundKind.EDIT else Turn()
        return replace(edited, replies=in_tongue(edited.replies, meaning, person))
    turns = [_crisis(meaning, person), _loss(meaning, person), _stop(meaning, person, kind)]
    replies = tuple(reply for turn in turns for reply in turn.replies)
    effects = tuple(effect for turn in turns for effect in turn.effects)
    return Turn(Talk.none(), effects, in_tongue(replies, meaning, person))


def in_tongue(replies: Iterable[Reply], meaning: Meaning, person: Person) -> tuple[Reply, ...]:
    """These replies, to somebody who told us no language in the one they wrote in, if that is known."""
    tongue = _tongue(meaning, person)
    return tuple(replace(one, language=one.language or tongue) for one in replies)


def _tongue(meaning: Meaning, person: Person) -> str | None:
    return None if person.known or person.language != _LAST else meaning.tongue


def concerns(pressing: bool, kind: InboundKind) -> bool:
    """Whether `urgent` may have anything to do, whoever the writer is. `pressing`: the meaning is urgent."""
    return pressing or kind in (InboundKind.BLOCK, InboundKind.OPT_OUT)


STOP, LOSS = "stop", "loss"
WRONG_NUMBER = "wrong"  # how an address was stopped by somebody who is not the one we knew there
_RESUMES: Mapping[str, tuple[type[e.Effect], ...]] = {
    STOP: (e.StartAddress,),
    LOSS: (e.UndoLoss, e.LiftHolds, e.ResumeLivingBaby, e.SetDue),
}


def applied(effects: Iterable[e.Effect]) -> frozenset[str]:
    """Which of STOP and LOSS are among these effects: what an earlier message takes nothing of back."""
    kinds = ((STOP, e.StopAddress), (LOSS, e.ReportLoss))
    return frozenset(name for name, kind in kinds if any(isinstance(one, kind) for one in effects))


def resumes(effects: Iterable[e.Effect], after: Iterable[str] = _RESUMES) -> bool:
    """Whether one of these effects would take back what a STOP or a LOSS did, or the one of `after`."""
    return any(isinstance(one, _RESUMES[name]) for one in effects for name in after)


def handled(meaning: Meaning, kind: InboundKind) -> bool:
    """Whether `urgent` already answered this message whole."""
    if kind in (InboundKind.BLOCK, InboundKind.OPT_OUT):
        return True
    return meaning.urgent and kind is not InboundKind.START


def _crisis(meaning: Meaning, person: Person) -> Turn:
    """A fixed answer to each kind, in the writer's language and then in English, and an alert for each."""
    theirs = _tongue(meaning, person) or person.language
    languages = (None,) if theirs == _LAST else (None, _LAST)
    return Turn(
        effects=tuple(e.Alert(f"crisis:{crisis}") for crisis in meaning.crises),
        replies=tuple(
            Reply(f"crisis/{crisis}", language=language, crisis=True)
            for crisis in meaning.crises
            for language in languages
        ),
    )


def _loss(meaning: Meaning, person: Person) -> Turn:
    """Each one who writes it gets the one gentle reply; only a member's word holds a family (CARE 16)."""
    if meaning.loss is None:
        return Turn()
    if meaning.loss is LossKind.UNCLEAR and knows_of_loss(person):
        return Turn(replies=(Reply("start_after_loss"),))  # told already: never asked whether all is well
    return Turn(
        effects=(*reported(meaning.loss, person), *_one_may_live(meaning, person)),
        replies=(Reply(_LOSS_ANSWERS[meaning.loss]),),
    )


def _one_may_live(meaning: Meaning, person: Person) -> tuple[e.Effect, ...]:
    """Of twins one may be living: all is quiet all the same, and staff look (CARE 17)."""
    newest = person.family.current() if person.family is not None else None
    more = newest is not None and len(newest.babies) > 1
    return (e.Alert("loss_of_twin"),) if person.known and (meaning.several or more) else ()


def reported(loss: LossKind, person: Person) -> tuple[e.Effect, ...]:
    """A loss that this person tells; by anyone but the mother it alerts staff (CARE 6)."""
    relative = person.known and not person.is_mother
    return (e.ReportLoss(loss), *([e.Alert("loss_by_relative")] if relative else []))


def _stop(meaning: Meaning, person: Person, kind: InboundKind) -> Turn:
    """STOP is answered once; the provider's own opt-out was answered by the provider (CARE 3)."""
    if kind is InboundKind.OPT_OUT:
        return Turn(effects=(e.StopAddress("stop"),))
    if meaning.stop not in (StopKind.TOTAL, StopKind.WRONG_NUMBER):
        return Turn()
    total = meaning.stop is StopKind.TOTAL
    key, how = ("stopped", "stop") if total else ("wrong_number", WRONG_NUMBER)
    return Turn(effects=(e.StopAddress(how),), replies=() if person.stopped else (Reply(key),))
