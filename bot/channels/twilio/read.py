"""Twilio, inwards: a signed form becomes an Inbound or a Receipt."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from twilio.request_validator import RequestValidator, add_port, remove_port  # type: ignore[import-untyped]

from bot.channels.base import Request
from bot.domain.address import Address, ChannelName
from bot.domain.inbound import Inbound, InboundKind, Receipt, clean_text
from bot.domain.outbox import Refused, State

# The receipt table: what Twilio's words for a message's life are to us. `sent` covers all that Twilio has
# taken: from then on it may arrive.
STATES: Mapping[str, State] = {
    "accepted": State.SENT,
    "scheduled": State.SENT,
    "queued": State.SENT,
    "sending": State.SENT,
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.DELIVERED,
    "partially_delivered": State.DELIVERED,
    "undelivered": State.FAILED,
    "failed": State.FAILED,
    "canceled": State.FAILED,
}
# What a code in a failed receipt says of the address. Not here, on purpose: 30003 (switched off), 30004
# (blocked), 30005 (unknown), 30006 (landline or unreachable), 30007 (filtered), 30008 (unknown error).
# Networks answer so for phones that are well next day: such failures are counted by the day elsewhere.
RECEIPT_CODES: Mapping[str, Refused] = {
    "21610": Refused("opted_out", suspend=True, stop=True),
    "21211": Refused("unknown", suspend=True),
    "21614": Refused("not_mobile", suspend=True),
    "21635": Refused("not_mobile", suspend=True),
}
OPT_OUTS: Mapping[str, InboundKind] = {
    "STOP": InboundKind.OPT_OUT,
    "START": InboundKind.OPT_IN,
    "HELP": InboundKind.OPT_HELP,
}
SIGNATURE_HEADER = "x-twilio-signature"
_STATUS_PATH = re.compile(r"/webhooks/twilio/status/([A-Za-z0-9_-]{1,64})/?")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_SID = re.compile(r"[A-Za-z0-9]{2,64}")
_WITHHELD = frozenset({"+266696687", "+7378742883", "+2562533", "+8656696", "+86282452253"})


def state_of(status: object) -> State | None:
    """Our state for Twilio's word, or None for a word that is not known."""
    return STATES.get(status.lower()) if isinstance(status, str) else None


class TwilioReader:
    """The way in by webhook. `auth_token` is the account's (an API key's secret signs nothing)."""

    name = ChannelName.SMS

    def __init__(self, auth_token: str) -> None:
        self._validator = RequestValidator(auth_token)
        self._usable = bool(auth_token)

    def __repr__(self) -> str:
        return "TwilioReader(...)"

    def genuine(self, request: Request) -> bool:
        """Whether Twilio signed this form for this public URL (its port told or not), in constant time."""
        given = request.headers.get(SIGNATURE_HEADER, "").encode("utf-8", "replace")
        form = _Form(request.form)
        try:
            url = urlsplit(request.url)
            genuine = any(  # the second spelling is made only where the first is not the one
                hmac.compare_digest(given, self._validator.compute_signature(spelling(url), form).encode())
                for spelling in (remove_port, add_port)
            )
        except ValueError:  # a URL or text that cannot be spelled
            return False
        return self._usable and genuine

    def read(self, request: Request, now: datetime) -> Inbound | Receipt:
        """A text, an opt-out, or (by the path) a receipt; what is neither is UNKNOWN."""
        form = dict(reversed(request.form))  # of a field given twice, the first counts
        status = _STATUS_PATH.search(urlsplit(request.url).path)
        if status is not None:
            return _receipt(status[1], form) or _unknown(request, now)
        sid = form.get("MessageSid") or form.get("SmsSid") or ""
        if not _SID.fullmatch(sid):
            return _unknown(request, now)
        opted = OPT_OUTS.get(form.get("OptOutType", "").upper())
        return listed_inbound(sid, form.get("From"), form.get("Body"), form.get("NumMedia"), now, opted)


def listed_inbound(
    sid: str,
    sender: str | None,
    body: str | None,
    media: object,
    now: datetime,
    opted: InboundKind | None = None,
) -> Inbound:
    """A text that Twilio brought or lists. Foreign and landline senders keep their address: each is
    answered once, and a crisis always. A name, a short code or a withheld number cannot be answered.
    """
    address = None
    if sender and _E164.fullmatch(sender) and sender not in _WITHHELD:
        address = Address(ChannelName.SMS, sender)
    kind = opted or (InboundKind.MEDIA if _some(media) else InboundKind.TEXT)
    return Inbound(ChannelName.SMS, sid, kind, address, clean_text(body or ""), now)


def _receipt(public_id: str, form: Mapping[str, str]) -> Receipt | None:
    state = state_of(form.get("MessageStatus") or form.get("SmsStatus"))
    if state is None:
        return None
    sid = form.get("MessageSid") or form.get("SmsSid") or ""
    code = form.get("ErrorCode", "")
    code = code if re.fullmatch(r"[0-9]{1,6}", code) and int(code) else ""
    return Receipt(
        channel=ChannelName.SMS,
        public_id=public_id,
        provider_id=sid if _SID.fullmatch(sid) else None,
        state=state,
        code=code or None,
        refused=RECEIPT_CODES.get(code) if state is State.FAILED else None,
    )


def _unknown(request: Request, now: datetime) -> Inbound:
    name = f"sha256:{hashlib.sha256(request.body).hexdigest()}"
    return Inbound(ChannelName.SMS, name, InboundKind.UNKNOWN, None, "", now)


def _some(media: object) -> bool:
    return str(media or "0").strip() not in ("", "0")


class _Form(dict[str, list[str]]):
    """The raw pairs as RequestValidator wants them: a field given twice keeps both values."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        for name, value in pairs:
            self.setdefault(name, []).append(value)

    def getlist(self, name: str) -> list[str]:
        """Every value of a field, in order."""
        return self[name]
