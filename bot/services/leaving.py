"""The words of a message that is about to leave, made within its claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

import sqlalchemy as sa
import structlog

from bot.domain import hours
from bot.domain.address import Address, ChannelName
from bot.domain.outbox import GATES, Gate, Kind
from bot.errors import ContentError, NotFound
from bot.services.desk import Desk
from bot.services.shelf import Printed, Published
from bot.store.claims import Claimed, Said
from bot.store.outbox import pack, unpack
from bot.store.revisions import Version
from bot.words import picture, sms
from bot.words.characters import clean
from bot.words.render import (
    FALLBACK,
    Rendered,
    family_values,
    named_buttons,
    render_reply,
    render_step,
    step_drawing,
)

_REMEMBERED = 4_096
DELIVERED_BY = time(21)  # London: what a provider has not delivered by then, it must not deliver
_ANSWER_VALID = timedelta(hours=4)
_SHORTEST = timedelta(minutes=1)
_STEPS = frozenset({Kind.STAGED, Kind.CHOSEN})
_COVERED = frozenset({*_STEPS, Kind.CHECK_IN, Kind.REMINDER})  # what PRIVATE keeps from the screen
COVER, REMINDER = "private_line", "reminder"
TEST = "test"  # the step that a test of one step's words stands under (services.trying)
_SHOW = ((("Show", "5"),),)
MENU, AFTER_LOSS, WORK = "menu", "menu_after_loss", "menu_work"
# The answers with which a Telegram chat's menu of commands changes (CARE 5); the writer's chat alone, so
# that nobody else learns of a loss by it. An answer that comes again mends a menu that was not set.
_MENUS: Mapping[str, str] = {
    **dict.fromkeys(("loss", "loss_thanks", "start_after_loss"), AFTER_LOSS),
    **dict.fromkeys(("undone", "resumed", "due_saved", "support_living_baby"), MENU),
    **dict.fromkeys(("work_welcome", "work_only", "work_help"), WORK),
}


class Leaving(NamedTuple):
    """One message as it leaves. `kept` is its sealed words where the row does not hold them yet."""

    public_id: str
    address: Address
    body: str
    valid_for: timedelta
    parts: int
    language: str
    words_hash: str = ""
    buttons: Sequence[Sequence[tuple[str, str]]] = ()
    menu: Sequence[tuple[str, str]] = ()
    kept: bytes | None = None
    removes: str | None = None  # not a message: the provider's id of one that is taken from the chat again
    picture: str | None = None  # the drawing that goes with it, as SVG

    @property
    def said(self) -> Said | None:
        """What is kept with the row; None where it is there already."""
        return None if self.kept is None else Said(self.kept, self.language, self.words_hash, self.parts)

    def __repr__(self) -> str:
        return f"Leaving({self.public_id})"


class Press:
    """What may be sent today and its words; `live_keys` are "campaign/step"."""

    def __init__(self, desk: Desk, published: Published, now: datetime) -> None:
        self._desk, self._published, self._now = desk, published, now
        # A row planned before its step was renamed leaves in the words of today's name.
        self._live = published.by_key
        self.live_keys = published.keys
        self._today = hours.local_day(now)
        self._until: dict[tuple[object, ...], timedelta] = {}

    def leaving(self, row: Claimed) -> Leaving:
        """The row's message; NotFound or ContentError when it cannot be made, DatabaseGone when unread."""
        if row.address is None:
            raise NotFound("The address was forgotten.", "Nothing to do.", code="erased")
        address = Address(row.channel, self._desk.seal.open("addresses.value", row.address))
        if row.kind in _STEPS or row.sealed is None:
            return self._made(row, address)
        if row.private and (row.kind, row.step) == (Kind.STAFF, TEST):
            return self._cover(row, address)
        body, buttons = unpack(self._desk.seal.open("outbox.body", row.sealed))
        return Leaving(
            row.public_id,
            address,
            body,
            valid_for(row, self._now),
            parts=sms.count(body).parts if address.channel == "sms" else 1,
            language=row.language,
            buttons=named_buttons(self._published.replies, row.language, buttons),
            menu=self._menu(row),
        )

    def _cover(self, row: Claimed, address: Address) -> Leaving:
        """A test that waited for the morning, and somebody reads in private by then: none of its words."""
        words, buttons, kept = self._covered(row)
        return Leaving(
            row.public_id,
            address,
            words.body,
            valid_for(row, self._now),
            parts=words.parts,
            language=words.language,
            buttons=named_buttons(self._published.replies, words.language, buttons),
            kept=kept,
        )

    def _menu(self, row: Claimed) -> Sequence[tuple[str, str]]:
        """The menu that the chat has from this answer on; none when it stays, or has no words."""
        key = _MENUS.get(row.step) if row.channel is ChannelName.TELEGRAM else None
        return () if key is None else menu(self._published, key, row.language)

    def removal(self, row: Claimed, theirs: str) -> Leaving:
        """What takes a message from a chat again; NotFound when nobody knows the chat any more."""
        if row.address is None:
            raise NotFound("The address was forgotten.", "Nothing to do.", code="erased")
        address = Address(row.channel, self._desk.seal.open("addresses.value", row.address))
        return Leaving(
            row.public_id, address, "", valid_for(row, self._now), parts=1, language=row.language,
            removes=theirs,
        )  # fmt: skip

    def _made(self, row: Claimed, address: Address) -> Leaving:
        printed = self._print(row)
        words, kept, shown = printed.words, printed.sealed, printed.picture
        buttons: Sequence[Sequence[tuple[str, str]]] = ()
        if row.private and row.kind in _COVERED:  # the words are made all the same: without any, nothing goes
            words, buttons, kept = self._covered(row)
            shown = None  # a picture tells more than any line
        return Leaving(
            row.public_id,
            address,
            words.body,
            self._valid_for(row),
            parts=words.parts,
            language=words.language,
            words_hash=printed.words_hash,
            buttons=named_buttons(self._published.replies, words.language, buttons),
            kept=kept,
            picture=shown,
        )

    def _valid_for(self, row: Claimed) -> timedelta:
        """As `valid_for` says, looked at once for all rows that close on one day."""
        alike = (row.kind, row.closes_on, row.not_after)
        if (span := self._until.get(alike)) is None:
            span = self._until[alike] = valid_for(row, self._now)
        return span

    def _print(self, row: Claimed) -> Printed:
        """The words, their hash and their sealed form, made once a day for all rows that say the same."""
        known = self._published.printed
        alike = (row.channel, row.kind, row.campaign, row.step, row.role, row.language)
        printed = known.get(alike) or known.get((*alike, row.due_on))
        if printed is None:
            words, words_hash = self.words(row)
            if len(known) >= _REMEMBERED:
                known.clear()
            sealed = self._desk.seal.seal("outbox.body", pack(words.body))
            printed = Printed(words, words_hash, sealed, self._picture(row, words))
            known[(*alike, row.due_on) if words.dated else alike] = printed
        return printed

    def _picture(self, row: Claimed, words: Rendered) -> str | None:
        """The drawing that was approved beside a step's words; none where the words are too long for it."""
        entry = self._live.get((row.campaign, row.step)) if row.kind in _STEPS else None
        if entry is None or entry.step.picture is None or row.channel is not ChannelName.TELEGRAM:
            return None
        if not picture.fits(words.body):
            return None
        return step_drawing(
            self._published.words, entry.step.key, row.role, row.channel, words.language, entry.step.picture
        )

    def _covered(self, row: Claimed) -> tuple[Rendered, Sequence[Sequence[tuple[str, str]]], bytes]:
        """The line that says nothing, with a button where there are buttons (CARE 22)."""
        words = render_reply(self._published.replies, COVER, row.language, row.channel, {})
        buttons = _SHOW if row.channel is ChannelName.TELEGRAM else ()
        return words, buttons, self._desk.seal.seal("outbox.body", pack(words.body, buttons))

    def words(self, row: Claimed) -> tuple[Rendered, str]:
        """The words of a step, check-in or reminder, and their hash; NotFound when they may not be sent."""
        values = family_values(row.due_on, self._today)
        if row.kind is Kind.REMINDER:
            return self._reminder(row), ""
        if row.kind not in _STEPS:
            return render_reply(self._published.replies, row.step, row.language, row.channel, values), ""
        entry = self._live.get((row.campaign, row.step))
        language = None if entry is None else entry.language_for(row.language)
        if entry is None or language is None:
            raise NotFound(
                f"{row.campaign}/{row.step} has no words that may be sent.", "Approve them.", code="no_words"
            )
        rendered = render_step(self._published.words, entry.step.key, row.role, row.channel, language, values)
        return rendered, entry.words[language]

    def _reminder(self, row: Claimed) -> Rendered:
        """One short text about what the step was about, not the step itself once more (P4)."""
        entry = self._live.get((row.campaign, row.step))
        if entry is None:
            raise NotFound(
                "What was to be reminded of is not sent any more.", "Nothing to do.", code="no_words"
            )
        values = {"topic": entry.step.topic.replace("_", " ")}
        return render_reply(self._published.replies, REMINDER, row.language, row.channel, values)


def first_menu(desk: Desk, now: datetime) -> Sequence[tuple[str, str]]:
    """The commands of a chat that has no menu of its own."""
    return desk.database.read(
        lambda conn: menu(
            desk.shelf.at(conn, desk.mode, desk.config.authors, hours.local_day(now)), MENU, FALLBACK
        )
    )


def menu(published: Published, key: str, language: str) -> Sequence[tuple[str, str]]:
    """The commands of a menu, each with what it does, as its template's lines say; none without words."""
    try:
        said = render_reply(published.replies, key, language, ChannelName.TELEGRAM, {}).body
    except (NotFound, ContentError):  # the answer itself must leave all the same
        structlog.get_logger().error("menu_without_words", key=key)
        return ()
    lines = [line.partition(" - ") for line in said.splitlines()]
    return tuple((clean(name).strip(), what.strip()) for name, _, what in lines if what)


def press(desk: Desk, conn: sa.Connection, now: datetime, version: Version | None = None) -> Press:
    """What may be sent at this moment, as this transaction sees it."""
    today = hours.local_day(now)
    return Press(desk, desk.shelf.at(conn, desk.mode, desk.config.authors, today, version), now)


def valid_for(row: Claimed, now: datetime) -> timedelta:
    """How long the provider may go on trying: never into the night, never past the window, nor into the
    hours of a day in which it must not come (CARE 26)."""
    if Gate.QUIET in GATES[row.kind]:
        today = hours.local_day(now)
        until = _london(today, DELIVERED_BY)
        if row.not_after is not None and row.not_after < hours.last_moment(today):
            until = min(until, row.not_after)
        if row.closes_on is not None:
            until = min(until, _london(row.closes_on, time(0)))
    else:
        until = row.not_after or now + _ANSWER_VALID
    return max(until - now, _SHORTEST)


def _london(day: date, at: time) -> datetime:
    return datetime.combine(day, at, hours.LONDON).astimezone(UTC)
