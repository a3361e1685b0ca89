"""Twilio, outwards: texts sent and looked up, and the tables that say what its codes mean."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from json import JSONDecodeError
from typing import Any

import structlog
from twilio.base import exceptions as said_no  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from bot.channels.base import Account, Outgoing
from bot.channels.http import AioTwilio
from bot.channels.twilio.read import listed_inbound, state_of
from bot.channels.wire import (
    AskedToWait,
    NeverConnected,
    NotText,
    NotTheProvider,
    ProviderFault,
    Unanswered,
    Wire,
)
from bot.domain.address import Address, ChannelName
from bot.domain.inbound import Inbound, Listed
from bot.domain.outbox import Accepted, Answer, Later, Ours, Refused, Uncertain

# The error table, by Twilio's code. A code that is not here is refused for this message only, unless the
# status says that our key is wrong (401, 403) or that the account is not there (404).
SUSPENDED: Mapping[str, Refused] = {
    "21610": Refused("opted_out", suspend=True, stop=True),
    "21211": Refused("unknown", suspend=True),
    "21217": Refused("unknown", suspend=True),
    "21614": Refused("not_mobile", suspend=True),
    "21265": Refused("not_mobile", suspend=True),  # a short code
    "21268": Refused("not_mobile", suspend=True),  # a premium number
    "21635": Refused("not_mobile", suspend=True),  # a landline
}
REFUSED: Mapping[str, Refused] = {
    "21408": Refused("region"),
    "21602": Refused("empty"),
    "21608": Refused("unverified"),  # a trial account may text only numbers it has verified
    "21612": Refused("no_route"),
    "21617": Refused("too_long"),
}
OURS = frozenset(
    {
        *("20003", "20005", "20006", "20008", "20403", "20404", "10001", "30002", "90010"),  # key, account
        *("21212", "21603", "21606", "21607", "21659", "21660", "21661"),  # the sender
        *("21701", "21703", "21704", "21705"),  # the messaging service
        *("21609", "21624", "90007", "90014"),  # the callback address, the validity period
    }
)
LATER: Mapping[str, timedelta] = {
    "20429": timedelta(seconds=5),
    "14107": timedelta(seconds=5),
    "21611": timedelta(minutes=1),  # our queue at Twilio is full
    "63038": timedelta(hours=1),  # the account's daily limit
}
WAIT_WHEN_NOT_SAID = timedelta(seconds=5)
WAIT_WHEN_UNREACHED = timedelta(seconds=15)
WAIT_WHEN_AT_FAULT = timedelta(seconds=30)

LONGEST_VALIDITY = 36_000  # seconds; Twilio's own limit
_LOOK_UP_LIMIT = 400
_INBOUND_PAGE = 500
_SLACK = timedelta(seconds=10)  # Twilio tells whole seconds, by its own clock
_AT_HOME = "+44"


def meaning_of(error: Exception, to: str) -> Answer:
    """What an error means to us, for a message to that number."""
    match error:
        case AskedToWait(code=code, seconds=None):
            return Later(code, LATER.get(code, WAIT_WHEN_NOT_SAID), all=True)
        case AskedToWait(code=code, seconds=seconds):
            return Later(code, max(timedelta(seconds=seconds or 0), LATER.get(code, timedelta(0))), all=True)
        case ProviderFault(code=code):
            return Later(code, WAIT_WHEN_AT_FAULT)
        case NotText():
            return Refused("not_text")
        case NeverConnected():
            return Later("unreached", WAIT_WHEN_UNREACHED)
        case NotTheProvider(passed_on=False):
            return Later("not_twilio", WAIT_WHEN_AT_FAULT, all=True)
        case said_no.TwilioRestException() | said_no.TwilioServiceException():
            return _said_no(str(error.code), int(error.status), to)
        case Unanswered() | NotTheProvider() | JSONDecodeError() | RecursionError():
            return Uncertain("unanswered")
        case _:  # a fault of the SDK's or ours; what left is not known
            structlog.get_logger().error("twilio_fault", error=type(error).__name__)
            return Uncertain("fault")


def _said_no(code: str, status: int, to: str) -> Answer:
    if code in LATER:
        return Later(code, LATER[code], all=True)
    if code == "21408" and to.startswith(_AT_HOME):
        return Ours(code)  # the account may not text the UK at all: no family's number is at fault
    if code in SUSPENDED:
        return SUSPENDED[code]
    if code in REFUSED:
        return REFUSED[code]
    if code in OURS or status in (401, 403, 404):
        return Ours(code)
    return Refused(code)


class _Client(Client):  # type: ignore[misc]  # it ships no types
    """Twilio's Client, which makes the headers of a POST once: they never differ."""

    _of_a_post: Mapping[str, str] | None = None

    def get_headers(self, method: str, headers: dict[str, str] | None) -> dict[str, str]:
        if headers or method != "POST":
            return dict(super().get_headers(method, headers))
        if self._of_a_post is None:
            self._of_a_post = super().get_headers(method, headers)
        return dict(self._of_a_post)


class TwilioChannel:
    """The way out by SMS. `sender` is a number, a name, or a messaging service (MG...).

    `secret` is the account's auth token, or with `key_sid` (SK...) that API key's secret. `status_url`
    gives the callback URL for one of our public ids; None while nobody can reach us.
    """

    name = ChannelName.SMS

    def __init__(
        self,
        account_sid: str,
        secret: str,
        sender: str,
        *,
        key_sid: str | None = None,
        base_url: str | None = None,
        status_url: Callable[[str], str] | None = None,
        slots: int = 8,
        timeout: float = 15.0,
        connect_timeout: float = 5.0,
    ) -> None:
        self._wire = Wire(connections=slots + 1, timeout=timeout, connect_timeout=connect_timeout)
        self._client = _Client(
            key_sid or account_sid,
            secret,
            account_sid,
            http_client=AioTwilio(self._wire),
            environment={"TWILIO": "settings only"},  # an empty one would be replaced by os.environ
        )
        if base_url is not None:
            self._client.api.base_url = base_url.rstrip("/")
        service = sender.startswith("MG")
        self._from: Mapping[str, str] = {"MessagingServiceSid" if service else "From": sender}
        self._messages = f"/Accounts/{account_sid}/Messages.json"
        self._number = sender if sender.startswith("+") else None
        self._status_url = status_url

    def __repr__(self) -> str:
        return "TwilioChannel(...)"

    async def open(self) -> None:
        """Make the HTTP session; no request is sent. Opening twice is harmless."""
        await self._wire.open()

    async def close(self) -> None:
        """Let go of every connection."""
        await self._wire.close()

    async def send(self, message: Outgoing) -> Answer:
        """Hand one text to Twilio, to be delivered within `valid_for` (ten hours at most) or not at all."""
        seconds = int(message.valid_for.total_seconds())
        if seconds < 1:
            return Later("too_late", timedelta(0))
        fields: dict[str, Any] = {"To": message.address.value, "Body": message.body, **self._from}
        if self._status_url is not None:
            fields["StatusCallback"] = self._status_url(message.public_id)
        fields["ValidityPeriod"] = min(seconds, LONGEST_VALIDITY)
        try:  # as messages.create_async does, without its object, which costs as much as all the rest
            made = await self._client.api.v2010.create_async("POST", self._messages, data=fields)
        except Exception as error:  # a channel answers whatever the SDK makes of an odd answer
            return meaning_of(error, message.address.value)
        if not made or not isinstance(made, dict):
            return Uncertain("unanswered")
        sid = made.get("sid")
        return Accepted(sid) if isinstance(sid, str) and sid else Uncertain("garbled")

    async def account(self) -> Account | Answer:
        """What Twilio says of the account, and where it sends what comes to our number."""
        try:
            found = await self._client.api.v2010.accounts(self._client.account_sid).fetch_async()
        except Exception as error:  # refused, unanswered, or an answer that the SDK cannot read
            return meaning_of(error, "")
        return Account(str(found.status), await self._inbound_url())

    async def _inbound_url(self) -> str | None:
        """None for a messaging service, and where it cannot be told."""
        if self._number is None:
            return None
        try:
            found = await self._client.incoming_phone_numbers.list_async(phone_number=self._number, limit=1)
        except Exception as error:
            structlog.get_logger().warning("twilio_number_not_told", error=type(error).__name__)
            return None
        return str(found[0].sms_url or "") if found else None

    async def look_up(self, to: Address, since: datetime) -> Sequence[Listed] | None:
        """The texts to this number that Twilio made since then; None when it cannot be told now.

        Not asked by DateSent: a text that still waits in Twilio's queue has none, and would seem absent.
        """
        since -= _SLACK
        records = await self._list(_LOOK_UP_LIMIT, to=to.value)
        if records is None:
            return None
        listed = [_listed(record) for record in records if _outbound(record)]
        oldest = min((one.at for one in listed if one.at is not None), default=None)
        if len(records) >= _LOOK_UP_LIMIT and (oldest is None or oldest >= since):
            return None
        return [one for one in listed if one.at is None or one.at >= since]

    async def inbound_since(self, since: datetime, now: datetime) -> list[Inbound] | None:
        """What families have texted since then, as the webhook would have brought it (the same ids).

        For `services.receive`, which knows what it has already. None when it cannot be told now.
        """
        since = since.astimezone(UTC) - _SLACK
        try:
            found = [one async for one in self._messages_since(since) if one.direction == "inbound"]
        except Exception as error:  # refused, unanswered, or an answer that the SDK cannot read
            structlog.get_logger().warning("twilio_list_failed", error=type(error).__name__)
            return None
        found.reverse()
        found.sort(key=lambda one: _at(one) or now)  # of one second, the order of the list decides
        return [
            listed_inbound(one.sid, one.from_, one.body, one.num_media, min(_at(one) or now, now))
            for one in found
        ]

    async def _messages_since(self, since: datetime) -> AsyncIterator[Any]:
        """What was made since then, the newest first, however many.

        Twilio may read the filter as a day: the moment is checked here, and reading ends once a page of
        them in a row is older.
        """
        asked: dict[str, Any] = {} if self._number is None else {"to": self._number}
        older = 0
        async for one in await self._client.messages.stream_async(
            **asked, date_sent_after=since, page_size=_INBOUND_PAGE
        ):
            older = older + 1 if (_at(one) or since) < since else 0
            if older == _INBOUND_PAGE:
                return
            if not older:
                yield one

    async def _list(self, limit: int, **asked: Any) -> list[Any] | None:
        try:
            return list(await self._client.messages.list_async(**asked, limit=limit, page_size=200))
        except Exception as error:  # refused, unanswered, or an answer that the SDK cannot read
            structlog.get_logger().warning("twilio_list_failed", error=type(error).__name__)
            return None


def _outbound(record: Any) -> bool:
    return str(record.direction).startswith("outbound")


def _listed(record: Any) -> Listed:
    code = None if record.error_code is None else str(record.error_code)
    return Listed(
        str(record.sid), str(record.to), record.body or "", _at(record), state_of(record.status), code
    )


def _at(record: Any) -> datetime | None:
    """When Twilio made the message, aware; None when its list does not say."""
    made = record.date_created or record.date_sent
    if not isinstance(made, datetime):
        return None
    return made if made.tzinfo is not None else made.replace(tzinfo=UTC)
