"""Chat: play a family by texting; the real line answers, and time is moved by hand. Nothing leaves."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from bot.bootstrap import App
from bot.domain import hours
from bot.domain.address import Address, ChannelName, telegram_chat
from bot.domain.family import Role
from bot.domain.inbound import Inbound, InboundKind, clean_text
from bot.domain.outbox import Accepted
from bot.errors import BadInput, NotFound, ThinkFamilyError
from bot.rehearsal.days import CONSENT, Clock
from bot.rehearsal.people import FIRST_NUMBER
from bot.services import check_ins, converse, dispatch, enrol, plan, privacy, publish, receive, reconcile
from bot.services.replying import A_FLOOD, AN_HOUR

PEOPLE: Mapping[str, Role] = {
    "mother": Role.MOTHER, "mum": Role.MOTHER, "father": Role.FATHER, "dad": Role.FATHER,
    "partner": Role.PARTNER, "grandmother": Role.GRANDPARENT, "grandfather": Role.GRANDPARENT,
    "grandparent": Role.GRANDPARENT, "sister": Role.SIBLING, "brother": Role.SIBLING,
    "sibling": Role.SIBLING, "carer": Role.CARER, "stranger": Role.MOTHER,
}  # fmt: skip
HELP = (
    "A line is a text from whoever you are. /as grandmother: be someone else, linked to the family. "
    "/at +3d, /at +2w, /at 2027-05-01, /at 2027-05-01T14:30: let time pass. /quit ends it."
)
_FLOODED = f"(no answer: to {A_FLOOD} texts in an hour we answer, then to a crisis only; /at +1h and we do)"
_STRANGER = "stranger"
_NIGHT, _MORNING, _EVENING = time(3), time(8), time(21)
_BETWEEN_TEXTS = timedelta(seconds=20)
_FURTHEST = timedelta(days=3 * 366)
_SPAN = re.compile(r"\+(\d{1,4})\s*([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_BATCH = 50


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message of ours as it reaches somebody. `repr` hides its words."""

    at: datetime
    who: str
    body: str
    parts: int
    buttons: Sequence[str] = ()

    def __repr__(self) -> str:
        return f"Arrived({self.at}, {self.who})"


class Chat:
    """One family at one table. `tell` gets every message that arrives, and notes in plain sentences."""

    def __init__(
        self,
        app: App,
        clock: Clock,
        tell: Callable[[Arrived | str], None],
        channel: ChannelName = ChannelName.SMS,
    ) -> None:
        self._app, self._clock, self._tell, self._channel = app, clock, tell, channel
        self._people: dict[str, Address] = {}
        self._texts = 0
        self._heard = 0
        self._written: list[tuple[str, datetime]] = []
        self.me = "mother"
        publish.publish(app.desk, app.desk.content, "chat", clock.now)
        self._address(self.me)

    @property
    def prompt(self) -> str:
        """When it is, and who one is."""
        return f"{self._clock.now.astimezone(hours.LONDON):%a %d %b %Y %H:%M} {self.me}> "

    def line(self, typed: str) -> bool:
        """A text or a command; False when it is over. What is wrong is told, and the chat goes on."""
        command, _, rest = typed.strip().partition(" ")
        try:
            match command:
                case "":
                    return True
                case "/quit":
                    return False
                case "/help":
                    self._tell(HELP)
                case "/at":
                    self._move(moment(rest.strip(), self._clock.now))
                case "/as":
                    self._become(rest.strip().lower())
                case _:
                    self._text(typed.strip())
        except ThinkFamilyError as wrong:
            self._tell(f"{wrong.sentence} {wrong.remedy}".strip())
        return True

    def enrolled(self, due_on: date | None, born_on: date | None) -> None:
        """The mother agreed on paper, and is with us before the chat begins."""
        enrol.enrol(
            self._app.desk, address=self._people[self.me], role=Role.MOTHER, language="en", how="staff",
            consented_words=CONSENT, now=self._clock.now, due_on=due_on, born_on=born_on, by="chat",
        )  # fmt: skip
        self._tell("The mother has joined; she agreed on paper.")
        self._turn()

    def _text(self, words: str) -> None:
        """A text arrives, is stored, answered and planned for, as the running bot would within seconds."""
        kind, text = self._read(words)
        self._clock.now += _BETWEEN_TEXTS
        self._texts += 1
        now, before = self._clock.now, self._heard
        said = Inbound(
            self._channel, f"chat-{self._texts}", kind, self._people[self.me], clean_text(text), now
        )
        receive.receive(self._app.desk, said, now)
        self._turn()
        self._written.append((self.me, now))
        if self._heard == before:
            self._tell(_FLOODED if self._many(now) else "(no answer)")

    def _many(self, now: datetime) -> bool:
        """Whether this phone wrote so much in an hour that we are quiet."""
        lately = [who for who, at in self._written if at > now - AN_HOUR]
        return lately.count(self.me) > A_FLOOD

    def _read(self, words: str) -> tuple[InboundKind, str]:
        """What Telegram makes of a slash; by SMS there is no such thing."""
        if not words.startswith("/"):
            return InboundKind.TEXT, words
        command, _, rest = words[1:].partition(" ")
        if self._channel is not ChannelName.TELEGRAM:
            raise BadInput("That is no command.", HELP)
        return (
            (InboundKind.START, rest)
            if command == "start"
            else (InboundKind.TEXT, f"{command.upper()} {rest}".strip())
        )

    def _become(self, name: str) -> None:
        """Be somebody else. A relative who is new is linked to the family, if there is one by then."""
        if name not in PEOPLE:
            raise BadInput("Nobody is called so.", f"Be one of {', '.join(PEOPLE)}.")
        name = PEOPLE[name].value if name in ("mum", "dad") else name
        new = name not in self._people
        self._address(name)
        self.me = name
        family = self._family()
        if new and family is not None and name != _STRANGER:
            enrol.enrol(
                self._app.desk, address=self._people[name], role=PEOPLE[name], language="en", family=family,
                how="staff", consented_words=CONSENT, now=self._clock.now, by="chat",
            )  # fmt: skip
            self._tell(f"The {name} has joined the mother's family.")
            self._turn()
        elif new:
            self._tell("We know nothing of this phone yet; JOIN begins it.")

    def _family(self) -> int | None:
        try:
            return enrol.family_at(self._app.desk, self._people["mother"])
        except NotFound:
            return None

    def _move(self, to: datetime) -> None:
        """Let time pass as the clock would: planned at night, sent at its moment, swept in the evening."""
        now = self._clock.now
        if not now < to <= now + _FURTHEST:
            raise BadInput("Time goes forward, three years at most in one go.", "Such as /at +3d.")
        before = self._heard
        while self._clock.now < to:
            self._clock.now = min(to, *self._stops())
            self._turn()
        if self._heard == before:
            self._tell("(nothing came)")

    def _stops(self) -> list[datetime]:
        """The next moments at which something may happen."""
        now = self._clock.now
        today = hours.local_day(now)
        days = (today, today + timedelta(days=1))
        stops = [_london(day, at) for day in days for at in (_NIGHT, _EVENING)]
        queued = dispatch.next_at(self._app.desk, now)
        return [stop for stop in (*stops, queued) if stop is not None and stop > now]

    def _turn(self) -> None:
        """Everything that the running bot does from time to time, once."""
        desk, now = self._app.desk, self._clock.now
        if now.astimezone(hours.LONDON).time() == _NIGHT:
            privacy.retention(desk, now)
        while converse.converse(desk, now):
            pass
        check_ins.check_ins(desk, now)
        plan.plan(desk, now)
        self._deliver(now)
        reconcile.expire(desk, now)

    def _deliver(self, now: datetime) -> None:
        names = {address.value: name for name, address in self._people.items()}
        for channel in self._app.channels:
            while jobs := dispatch.claim(self._app.desk, channel, _BATCH, now, dispatch.UNPACED):
                taken = [(job.outbox_id, Accepted(job.message.public_id), now) for job in jobs]
                dispatch.record(self._app.desk, taken, now)
                for job in jobs:
                    leaving = job.message
                    labels = [label for row in leaving.buttons for label, _ in row]
                    self._heard += 1
                    self._tell(
                        Arrived(now, names[leaving.address.value], leaving.body, leaving.parts, labels)
                    )

    def _address(self, name: str) -> None:
        """This person's own phone: a drama number, or a chat that is nobody's."""
        n = len(self._people)
        sms = self._channel is ChannelName.SMS
        new = Address(ChannelName.SMS, f"+{FIRST_NUMBER + n}") if sms else telegram_chat(1 + n)
        self._people.setdefault(name, new)


def moment(text: str, now: datetime) -> datetime:
    """The moment that `+3d`, `+2w`, `+5h`, `2027-05-01` (08:00) or `2027-05-01T14:30` names, in London.

    Raises BadInput for anything else.
    """
    if (span := _SPAN.fullmatch(text.lower())) is not None:
        later = now.astimezone(hours.LONDON) + timedelta(**{_UNITS[span[2]]: int(span[1])})
        return later.astimezone(UTC)  # three days later at the same time of day, over a clock change too
    try:
        if "T" in text.upper():
            given = datetime.fromisoformat(text.upper())
            return (
                given.astimezone(UTC) if given.tzinfo else given.replace(tzinfo=hours.LONDON).astimezone(UTC)
            )
        return _london(date.fromisoformat(text), _MORNING)
    except ValueError:
        raise BadInput("That is no moment.", "Such as +3d, 2027-05-01 or 2027-05-01T14:30.") from None


def _london(day: date, at: time) -> datetime:
    return datetime.combine(day, at, hours.LONDON).astimezone(UTC)
