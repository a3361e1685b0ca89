"""Together: messages that want nothing but an answer have it in one transaction, read and written set-based.

Whatever changes something, gives a code or needs a closer look is left to `converse`, one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from bot.domain.address import ChannelName
from bot.domain.conversation import converse as conversation
from bot.domain.conversation import topics, urgent
from bot.domain.conversation.person import Person
from bot.domain.conversation.turn import Talk, Turn
from bot.errors import ContentError, NotFound
from bot.services import inviting, receive, replying
from bot.services.calm import URGENT_DONE
from bot.services.desk import Desk
from bot.services.person import people
from bot.store import conversations, inbox, outbox, pace
from bot.store.addresses import AddressRow
from bot.store.conversations import Kept
from bot.store.inbox import InboundRow
from bot.store.outbox import NewReply
from bot.words.render import Words
from bot.words.signposts import spelled

AFTER_URGENT = 100  # replies of this part are numbered from here; UNIQUE(inbound, n) makes repeats harmless
NOT_UNDERSTOOD = frozenset({"not_understood", "join_first"})  # answered so, a person reads it too


@dataclass(frozen=True, slots=True)
class _Message:
    """A message with who wrote it, from where, and where their conversation stands."""

    row: InboundRow
    address: AddressRow
    person: Person
    kept: Kept | None

    @property
    def talk(self) -> Talk:
        return Talk.none() if self.kept is None else Talk(self.kept.name, self.kept.data)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one message came to: nothing but words."""

    of: _Message
    turn: Turn
    replies: tuple[NewReply, ...]


def answer(conn: sa.Connection, desk: Desk, ids: Sequence[int], now: datetime) -> tuple[int, Sequence[int]]:
    """Answer those of these messages, each of another address, that want nothing more; gives how many, and
    those that are left."""
    messages = _messages(conn, desk, ids, now)
    if not messages:
        return 0, []
    words = replying.reply_words(desk, conn, now)
    senders = _senders(conn, desk, messages, now)
    turns = {one.row.id: turn for one in messages if (turn := _turn(desk, words, one, now)) is not None}
    room = _room(conn, messages, now)
    later = inbox.later(conn, {one.address.id: one.row.id for one in messages})
    done: list[_Answer] = []
    for one in messages:
        turn = turns.get(one.row.id)
        if turn is not None and urgent.STOP in later[one.address.id]:
            turn = replace(turn, replies=())
        said = None if turn is None else _said(desk, words, senders, one, turn, room[one.address.id], now)
        if turn is not None and said is not None:
            done.append(_Answer(one, turn, said))
    _write(conn, desk, done, now)
    answered = {one.of.row.id for one in done}
    return len(done), [one.row.id for one in messages if one.row.id not in answered]


def ends_as(turn: Turn) -> str:
    """The state of a message once this was its turn: a person reads what was not understood."""
    return "unread" if any(reply.key in NOT_UNDERSTOOD for reply in turn.replies) else "done"


def _messages(conn: sa.Connection, desk: Desk, ids: Sequence[int], now: datetime) -> list[_Message]:
    locked = inbox.lock(conn, desk.seal, ids)
    everybody = [address for _, address in locked]
    kept = conversations.load_all(conn, desk.seal, [one.id for one in everybody])
    talks = {address_id: Talk(one.name, one.data) for address_id, one in kept.items()}
    persons = people(conn, desk, everybody, now, talks)
    return [_Message(row, one, persons[one.id], kept.get(one.id)) for row, one in locked]


def _senders(
    conn: sa.Connection, desk: Desk, messages: Sequence[_Message], now: datetime
) -> dict[ChannelName, int]:
    channels = {one.address.channel for one in messages}
    return {one: pace.sender_id(conn, one, desk.senders[one], now) for one in channels}


def _room(conn: sa.Connection, messages: Sequence[_Message], now: datetime) -> dict[int, int]:
    """How many answers each address may have until it is a flood."""
    ids = [one.address.id for one in messages]
    lately = outbox.replies_since(conn, ids, now - replying.AN_HOUR)
    return {address_id: replying.A_FLOOD - lately[address_id] for address_id in ids}


def _turn(desk: Desk, words: Words, one: _Message, now: datetime) -> Turn | None:
    """What a message comes to; None when it is more than words, or something is to be looked at first."""
    row, text = one.row, one.row.text or ""
    if not row.taken_as.startswith(URGENT_DONE) or (
        desk.restored_at is not None and row.at < desk.restored_at
    ):
        return None
    meaning = receive.meant(desk, text, one.person.language, now)
    if inviting.asks_the_book(meaning, one.talk, row.kind) or topics.looks(meaning, one.talk):
        return None
    turn = conversation.converse(meaning, one.person, one.talk, row.kind, text, now)
    if turn.effects:
        return None
    try:
        return spelled(turn, words, one.person.language, one.address.channel, now)
    except (NotFound, ContentError):
        return None


def _said(
    desk: Desk,
    words: Words,
    senders: Mapping[ChannelName, int],
    one: _Message,
    turn: Turn,
    room: int,
    now: datetime,
) -> tuple[NewReply, ...] | None:
    """The answers of a turn; None when there is more to it than to write them down."""
    replies = turn.replies if receive.may_answer(desk, one.address) else ()
    keys = {reply.key for reply in replies}
    again = room <= replying.A_FLOOD - replying.A_FEW and keys & replying.NO_ANSWERS
    if len(replies) > room or again or keys & replying.MORE_THAN_WORDS:
        return None
    said = []
    for n, reply in enumerate(replies, AFTER_URGENT):
        try:
            rendered = replying.in_words(words, reply, one.person, now)
        except (NotFound, ContentError):
            return None
        sender_id = senders[one.address.channel]
        said.append(
            replying.new_reply(desk, one.address, one.person, reply, rendered, sender_id, one.row.id, n, now)
        )
    return tuple(said)


def _write(conn: sa.Connection, desk: Desk, done: Sequence[_Answer], now: datetime) -> None:
    outbox.add_replies(conn, desk.seal, [reply for one in done for reply in one.replies], now)
    standing = {one.of.address.id: _standing(one, now) for one in done if one.turn.talk != Talk.none()}
    conversations.save_all(conn, desk.seal, standing, now)
    over = [one.of.address.id for one in done if one.of.kept is not None and one.turn.talk == Talk.none()]
    conversations.forget_all(conn, over)
    inbox.finish_all(conn, {one.of.row.id: ends_as(one.turn) for one in done}, URGENT_DONE, now)


def _standing(one: _Answer, now: datetime) -> Kept:
    kept, talk = one.of.kept, one.turn.talk
    since = kept.since if kept is not None and kept.name == talk.name else now
    return Kept(talk.name, talk.data, since)
