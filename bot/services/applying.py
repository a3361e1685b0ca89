"""What people's own words change: the effects of a conversation, carried out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import sqlalchemy as sa
import structlog

from bot.content.replies import REPLY_VALUES
from bot.domain.address import ChannelName
from bot.domain.conversation import effects as e
from bot.domain.conversation.effects import Effect
from bot.domain.conversation.person import Person
from bot.domain.family import Role
from bot.domain.meaning import LossKind
from bot.domain.revision import Mode
from bot.errors import ContentError, NotFound
from bot.services import (
    dates,
    enrol,
    holding,
    inviting,
    privacy,
    reminding,
    replying,
    showing,
    stopping,
    wishes,
)  # fmt: skip
from bot.services.desk import Desk
from bot.services.enrol import Joining
from bot.services.person import FIRST_LANGUAGE
from bot.store import addresses, alerts, codes, families, work_codes
from bot.store.addresses import AddressRow
from bot.words.render import render_reply

CONSENT = "consent"  # the reply that asks for it


@dataclass(frozen=True, slots=True)
class _Writer:
    """Who an effect is about, and when and by which message."""

    desk: Desk
    address_id: int
    family_id: int
    member_id: int
    channel: ChannelName
    now: datetime
    inbound_id: int | None


def apply(
    conn: sa.Connection,
    desk: Desk,
    person: Person,
    effects: Sequence[Effect],
    now: datetime,
    inbound_id: int | None = None,
) -> None:
    """Carry out what a conversation decided, in this transaction and before its replies are written.

    Someone who joins is made a member first. What concerns a member is passed over for a person who is
    none. STOP, START, LOSS and what ends a hold are for everyone at a shared phone.
    """
    member = None if person.member is None else (person.member.family_id, person.member.id)
    for effect in sorted(effects, key=lambda one: not isinstance(one, e.CreateMember)):
        if isinstance(effect, e.CreateMember):
            member = _join(conn, desk, person, effect, member, now)
            continue
        if isinstance(effect, e.JoinByCode) and member is not None:
            member = inviting.join_by_code(conn, *member, effect.code_id, person.address_id, now)
            continue
        family_id, member_id = member or (0, 0)
        writer = _Writer(desk, person.address_id, family_id, member_id, person.channel, now, inbound_id)
        if _for_anyone(conn, writer, effect):
            continue
        if member is None:
            structlog.get_logger().info("effect_of_nobody", effect=type(effect).__name__)
            continue
        _for_member(conn, writer, effect)
        if isinstance(effect, e.EraseMe):
            member = None


def _for_anyone(conn: sa.Connection, by: _Writer, effect: Effect) -> bool:
    """Carry out what needs no member; False when it was something else."""
    match effect:
        case e.StopAddress(how=how):
            stopping.stop(conn, by.address_id, how, by.now)
        case e.StartAddress():
            stopping.start(conn, by.address_id, by.now)
        case e.Alert(kind=kind):
            alerts.raise_alert(conn, kind, by.now, family_id=by.family_id or None, inbound_id=by.inbound_id)
        case e.ReportLoss(kind=kind):
            for family_id, member_id in families.members_at(conn, by.address_id):
                holding.loss(conn, family_id, member_id, by.now, clear=kind is not LossKind.UNCLEAR)
        case e.UndoLoss():
            for family_id, member_id in families.members_at(conn, by.address_id):
                holding.undo(conn, family_id, member_id, by.now)
        case e.LiftHolds(kinds=kinds):
            for family_id, member_id in families.members_at(conn, by.address_id):
                holding.lift(conn, family_id, member_id, kinds, by.now)
        case e.TakeCode(code_id=code_id):
            codes.take(conn, code_id, by.address_id, by.now)
        case e.MoveHere(code_id=code_id, asked=asked):
            words = _words_agreed_to(conn, by, asked)
            inviting.move_here(conn, by.desk, code_id, by.address_id, words, by.now)
        case _:
            return False
    return True


def _for_member(conn: sa.Connection, by: _Writer, effect: Effect) -> None:
    who = (by.family_id, by.member_id)
    match effect:
        case e.Invite(code=code, label=label, until=until):
            inviting.invite(conn, by.desk, *who, code, label, until, by.now)
        case e.Remove(label=label, role=role):
            inviting.remove(conn, by.desk, *who, label, role, by.now)
        case e.Leave():
            inviting.unlink(conn, *who, by.now)
        case e.AskNewPhone(code=code, until=until):
            inviting.ask_new_phone(conn, by.desk, *who, code, until, by.now)
        case e.SetDue(due_on=due_on):
            dates.set_due(conn, by.family_id, due_on, by.member_id, by.now)
        case e.SetBorn(born_on=born_on, babies=babies):
            dates.set_born(conn, by.family_id, born_on, by.member_id, by.now, babies)
        case e.TakeBackBirth():
            dates.take_back_birth(conn, by.family_id, by.member_id, by.now)
        case e.SetNeonatal():
            dates.set_neonatal(conn, *who, by.now)
        case e.SetHome():
            dates.set_home(conn, *who, by.now)
        case e.SetApart():
            dates.set_apart(conn, *who, by.now)
        case e.AnsweredCheckIn():
            dates.answered_check_in(conn, by.family_id, by.now)
        case e.ResumeLivingBaby():
            holding.resume_living(conn, by.family_id, [by.member_id], by.now)
        case e.EraseMe():
            privacy.erase_who_asked(conn, *who, by.now)
        case _:
            _wish(conn, by, effect)


def _wish(conn: sa.Connection, by: _Writer, effect: Effect) -> None:
    who = (by.family_id, by.member_id)
    match effect:
        case e.RecordConsent(purpose=purpose, words_version=words, given=True, how=how, asked=asked):
            if not addresses.by_id(conn, by.address_id).stopped:  # only START ends a STOP
                agreed_to = words or _words_agreed_to(conn, by, asked)
                wishes.agree(conn, *who, by.channel, (purpose,), how, agreed_to, by.now)
        case e.RecordConsent(purpose=purpose, how=how):
            wishes.withdraw(conn, *who, by.channel, (purpose,), how, by.now)
        case e.StopTopic(topic=topic):
            wishes.topic(conn, *who, topic, False, by.now)
        case e.WantTopic(topic=topic):
            wishes.topic(conn, *who, topic, True, by.now)
        case e.Pause(until=until):
            wishes.pause(conn, *who, until, by.now)
        case e.Resume():
            wishes.resume(conn, *who, by.now)
        case e.SetEssentialOnly(essential_only=only):
            wishes.less(conn, *who, only, by.now)
        case e.SetLanguage(language=language):
            wishes.language(conn, *who, language, by.now)
        case e.SetArea(area=area):
            wishes.area(conn, *who, area, by.now)
        case e.Moved():
            wishes.moved(conn, *who, by.now)
        case e.Answered(campaign=campaign, meaning=meaning):
            wishes.answer(conn, *who, campaign, meaning, by.now)
        case _:
            _preference(conn, by, effect)


def _preference(conn: sa.Connection, by: _Writer, effect: Effect) -> None:
    who = (by.family_id, by.member_id)
    match effect:
        case e.SetTime(part=part):
            wishes.time_of_day(conn, *who, part, by.now)
        case e.SetPrivate(private=private):
            wishes.private(conn, *who, private, by.now)
        case e.Remind(day=day):
            reminding.remind(conn, by.desk, *who, day, by.inbound_id, by.now)
        case e.Shown(rows=rows):
            showing.shown(conn, rows, by.now)
        case _:
            raise TypeError(f"no way to carry out {type(effect).__name__}")


def _words_agreed_to(conn: sa.Connection, by: _Writer, asked: str) -> str:
    """The version of the words that asked as they stand: a hash, so that the ledger can prove them (P1)."""
    words = replying.reply_words(by.desk, conn, by.now)
    try:
        template = words.find_reply(asked, by.channel, FIRST_LANGUAGE)
        if template is not None and REPLY_VALUES.get(
            asked
        ):  # what it was filled with differs; the words do not
            said = template.text
        else:
            said = render_reply(words, asked, FIRST_LANGUAGE, by.channel, {}).body
    except (NotFound, ContentError):  # no consent was asked for in words; the ledger says so
        return ""
    return sha256(said.encode()).hexdigest()


def _join(
    conn: sa.Connection,
    desk: Desk,
    person: Person,
    effect: e.CreateMember,
    member: tuple[int, int] | None,
    now: datetime,
) -> tuple[int, int] | None:
    """Make a member, unless they are one, said STOP, or are no guest of a trial."""
    address = addresses.by_id(conn, person.address_id)
    if effect.role is Role.PROFESSIONAL:
        return _join_at_work(conn, desk, address, effect, member, now)
    by_code = None if effect.code_id is None else inviting.family_of(conn, effect.code_id, address.id)
    another = member is not None and by_code is None
    if another or address.stopped or (desk.mode is Mode.TRIAL and not address.guest):
        structlog.get_logger().info("not_joined", address_id=address.id)
        return member
    joining = Joining(
        effect.role,
        effect.language,
        "reply",
        "",
        effect.due_on,
        effect.born_on,
        family_id=by_code,
        purposes=(),
    )
    joined = enrol.join(conn, address, joining, now)
    if by_code is not None and effect.code_id is not None:
        inviting.came(conn, joined, effect.code_id, now)
    return joined.family_id, joined.member_id


def _join_at_work(
    conn: sa.Connection,
    desk: Desk,
    address: AddressRow,
    effect: e.CreateMember,
    member: tuple[int, int] | None,
    now: datetime,
) -> tuple[int, int] | None:
    """Make a professional, in a family of their own, by a code of staff's that is theirs and stands."""
    code_id = effect.code_id
    may = code_id is not None and inviting.at_work(conn, code_id, address.id)
    guest = desk.mode is not Mode.TRIAL or address.guest
    if code_id is None or member is not None or address.stopped or not (may and guest):
        structlog.get_logger().info("not_joined", address_id=address.id)
        return member
    joined = enrol.join(conn, address, Joining(effect.role, effect.language, "code", "", purposes=()), now)
    work_codes.came(conn, code_id, joined.family_id, joined.member_id)
    return joined.family_id, joined.member_id
