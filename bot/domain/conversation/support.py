"""What somebody may ask for after a loss, or while baby is apart; none comes by itself (CARE 15, 17)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from bot.domain.audience import OWN_RECOVERY, hears_of
from bot.domain.conversation import effects as e
from bot.domain.conversation.person import Person
from bot.domain.conversation.rights import Deed, may
from bot.domain.conversation.telling import knows_of_loss, owns
from bot.domain.conversation.turn import Reply, Talk, Turn, say
from bot.domain.conversation.urgent import reported
from bot.domain.family import HoldKind, Purpose, Role
from bot.domain.meaning import LossKind, Meaning

CHECK_IN = "check_in"  # the campaign of the one question after the due date
NEXT_PREGNANCY = "next_pregnancy"  # the topic that 3 asks for
AFTER_LOSS = ("after_loss", "baby_loss_awareness_week")  # topics one may ask for, and end again
A_YEAR = timedelta(days=365)
_SUPPORT_FOR = {
    Role.MOTHER: "support_mother",
    Role.FATHER: "support_partner",
    Role.PARTNER: "support_partner",
    Role.GRANDPARENT: "support_grandparent",
}


def menu(*effects: e.Effect) -> Turn:
    """What somebody may ask for after a loss; nothing of it comes by itself."""
    return Turn(Talk("support"), effects, (Reply("support_menu"),))


def asked_for(person: Person) -> Turn:
    """SUPPORT, from somebody we know."""
    return menu(*_went_differently(person))


def answered(talk: Talk, meaning: Meaning, person: Person, today: date) -> Turn | None:
    """The answer to the menu, or to what it led to; None when it was none."""
    match talk.name:
        case "support":
            return _support(meaning, person, today)
        case "support:which":
            return _chosen(meaning, person, today)
        case "support:own":
            return _own_recovery(meaning)
    return None


def _went_differently(person: Person) -> tuple[e.Effect, ...]:
    """SUPPORT after the check-in: nobody's silence is waited for, the family is quiet now (CARE 18)."""
    told = person.holds or person.last_campaign != CHECK_IN or not owns(person)
    return () if told else (e.ReportLoss(LossKind.UNCLEAR),)


def _support(meaning: Meaning, person: Person, today: date) -> Turn | None:
    role = person.member.role if person.member is not None else Role.CARER
    match meaning.digit:
        case 1 if _apart(person):
            return _support_apart(person)
        case 1:
            return Turn(Talk("support:which"), (), (Reply(_SUPPORT_FOR.get(role, "support_other")),))
        case 2:
            return _living(person)
        case 3:
            agreed = e.RecordConsent(Purpose.NEXT_PREGNANCY)
            return say("support_next_pregnancy", agreed, e.WantTopic(NEXT_PREGNANCY))
        case 4 | 0:
            return _nothing(person, today)
    return None


def _living(person: Person) -> Turn:
    """Messages for a baby who is with her. Where only an unclear word or silence stood, she has told it now;
    the day of a loss is what keeps everyone else quiet. Without any loss there is nothing to resume."""
    if not may(Deed.LIVING, person):
        return say("not_yours")
    if _apart(person):  # she says it herself: the baby is with her again
        return say("home", e.SetHome())
    pregnancies = person.family.pregnancies if person.family is not None else ()
    lost = any(one.lost_on is not None for one in pregnancies)
    born = any(one.born_on is not None for one in pregnancies)
    plain = any(hold.kind is HoldKind.LOSS for hold in person.holds)
    if not (lost or person.holds):
        return say("resumed")
    told = () if lost or plain else (e.ReportLoss(LossKind.PLAIN),)
    on = Turn(effects=(*told, e.ResumeLivingBaby()), replies=(Reply("support_living_baby"),))
    if born:
        return on
    return replace(on, talk=Talk("born:date"), replies=(*on.replies, Reply("born_ask_date")))


def _apart(person: Person) -> bool:
    """Whether the newest baby lives elsewhere, and no loss or silence is what is to be spoken of."""
    pregnancy = person.family.current() if person.family is not None else None
    return pregnancy is not None and pregnancy.apart and pregnancy.lost_on is None and not person.holds


def _support_apart(person: Person) -> Turn:
    """No word of grief for a baby who lives. A mother's own recovery is offered, and comes only then."""
    if not person.is_mother:
        return say("support_apart_other")
    return say("support_apart", talk=Talk("support:own"))


def _own_recovery(meaning: Meaning) -> Turn | None:
    match meaning.digit:
        case 1:
            return say("own_recovery_on", e.WantTopic(OWN_RECOVERY))
        case 0:
            return say("support_nothing", e.StopTopic(OWN_RECOVERY))
    return None


def _nothing(person: Person, today: date) -> Turn:
    """Nothing more: what was chosen ends, and the rest is kept away too. A relative's own pause does that,
    held or not, so that neither the answer nor what follows tells them anything (CARE 8)."""
    ended = tuple(e.StopTopic(topic) for topic in AFTER_LOSS)
    if not owns(person):
        return say("support_nothing", *ended, e.Pause(today + A_YEAR))
    if person.holds or _apart(person):
        return say("support_nothing", *ended)
    return say("loss_unclear", *ended, *reported(LossKind.UNCLEAR, person))


def _messages(person: Person, *asked: e.Effect) -> Turn:
    """They count from the day of a loss, so nobody is promised any who would get none: where none was told,
    or one that is not theirs to hear of. Where her own unclear word or silence stood, she has told it now."""
    member, family = person.member, person.family
    if member is None or family is None:
        return say("support_messages_noted", *asked)
    heard = any(one.lost_on is not None and hears_of(member, family, one) for one in family.pregnancies)
    told = knows_of_loss(person)
    if (heard and (owns(person) or told)) or (told and owns(person)):
        return say("support_messages_on", *asked)
    own = (hold.kind is HoldKind.SILENCE or hold.member_id == member.id for hold in family.holds)
    if owns(person) and any(own):
        return say("support_messages_on", e.ReportLoss(LossKind.PLAIN), *asked)
    return say("support_messages_noted", *asked)


def _chosen(meaning: Meaning, person: Person, today: date) -> Turn | None:
    agreed = e.RecordConsent(Purpose.SUPPORT_AFTER_LOSS)
    match meaning.digit:
        case 1:
            return _messages(person, agreed, e.WantTopic(AFTER_LOSS[0]))
        case 2:
            return say("support_week_on", agreed, e.WantTopic(AFTER_LOSS[1]))
        case 0:
            return _nothing(person, today)
    return None
