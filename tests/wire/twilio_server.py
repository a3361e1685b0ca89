"""A small server that plays Twilio's Messages API, with memory, receipts, inbound texts and faults."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode

from aiohttp import web

from tests.nothing_personal import heard
from tests.wire.server import Call, Fault, WireServer

ACCOUNT = "AC" + "0" * 32
AUTH_TOKEN = "wire-auth-token"
NUMBER = "+447700900999"
OPT_OUT_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})


def twilio_error(status: int, code: int, message: str = "refused", **headers: str) -> Fault:
    """An error in Twilio's own JSON."""
    return Fault(str(code), status, _error_body(status, code, message), headers=headers)


def _error_body(status: int, code: int, message: str) -> bytes:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return json.dumps({"code": code, "message": message, "more_info": more, "status": status}).encode()


OPTED_OUT = twilio_error(400, 21610, "Attempt to send to unsubscribed recipient")
INVALID_NUMBER = twilio_error(400, 21211, "The 'To' number is not a valid phone number.")
NOT_MOBILE = twilio_error(400, 21614, "'To' number is not a valid mobile number")
REGION = twilio_error(400, 21408, "Permission to send an SMS has not been enabled for the region")
NO_ROUTE = twilio_error(400, 21612, "The message cannot be sent with this combination of To and From")
AUTHENTICATE = twilio_error(401, 20003, "Authenticate")
TOO_MANY = twilio_error(429, 20429, "Too Many Requests")
INTERNAL = twilio_error(500, 20500, "Internal Server Error")


def sign(auth_token: str, url: str, form: list[tuple[str, str]]) -> str:
    """Twilio's signature, from its documentation: HMAC-SHA1 over the URL and the sorted fields."""
    said = url + "".join(name + value for name, value in sorted(set(form)))
    return base64.b64encode(hmac.new(auth_token.encode(), said.encode(), hashlib.sha1).digest()).decode()


@dataclass
class Text:
    """A message that Twilio knows, out or in. `made` is when; `sent` is empty while it is queued."""

    sid: str
    to: str
    sender: str
    body: str
    direction: str
    made: datetime
    status: str = "queued"
    code: int | None = None
    sent: datetime | None = None
    callback: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    at: float = field(default_factory=time.monotonic)

    def record(self, account: str) -> dict[str, Any]:
        """As Twilio's JSON has it."""
        return {
            "account_sid": account,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": format_datetime(self.made, usegmt=False),
            "date_sent": None if self.sent is None else format_datetime(self.sent),
            "date_updated": format_datetime(self.made),
            "direction": self.direction,
            "error_code": self.code,
            "error_message": None,
            "from": self.sender,
            "messaging_service_sid": None,
            "num_media": self.fields.get("NumMedia", "0"),
            "num_segments": "1",
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {},
            "to": self.to,
            "uri": f"/2010-04-01/Accounts/{account}/Messages/{self.sid}.json",
        }


class TwilioServer(WireServer):
    """Plays api.twilio.com. `url` is for TWILIO_API_BASE_URL.

    Callbacks are signed for `public_url` and go to `reach`. With `opts_out` it keeps its own
    STOP list, as an unchanged account does. `always(fault, "list")` strikes the list of messages.
    """

    def __init__(
        self, *, port: int = 0, public_url: str = "", reach: str = "", opts_out: bool = False
    ) -> None:
        super().__init__(port=port, public_url=public_url, reach=reach)
        self.account = ACCOUNT
        self.auth_token = AUTH_TOKEN
        self.keys: dict[str, str] = {}
        self.number = NUMBER
        self.opts_out = opts_out
        self.status = "active"  # of the account
        self.sms_url = f"{public_url}/webhooks/twilio/inbound"  # as set under the number
        self.opted_out: set[str] = set()
        self.not_mobile: set[str] = set()
        self.sent: list[Text] = []
        self.received: list[Text] = []
        self.receipts: tuple[str, ...] = ()  # sent by itself after each accepted text, in this order
        self.callbacks: list[tuple[str, int]] = []  # (path, status it was answered with)
        self._sid = 0

    @property
    def url(self) -> str:
        """For TWILIO_API_BASE_URL."""
        return f"http://127.0.0.1:{self.port}"

    def sent_to(self, number: str) -> list[Text]:
        """What was accepted for one number, in order."""
        return [one for one in self.sent if one.to == number]

    # --- what networks and people do -------------------------------------------------------------

    def receipt(self, text: Text, status: str, code: int | None = None) -> int:
        """Post one signed status callback (as often as it is called); answers with the app's status."""
        return self.run(self._receipt(text, status, code))

    def text(self, sender: str, body: str, *, brought: bool = True, **more: str) -> tuple[int, str]:
        """A person texts our number: listed, and posted to the app unless `brought` is False (an outage).

        Answers with the app's status and TwiML ((0, "") when not brought).
        """
        heard(body)
        made = self._made(NUMBER, sender, body, "inbound")
        made.status, made.sent, made.fields = "received", made.made, dict(more)
        self.received.append(made)
        if self.opts_out:
            more |= self._keyword(sender, body)
        return self.run(self._text(made, more)) if brought else (0, "")

    def bring(self, text: Text, **more: str) -> tuple[int, str]:
        """Post a text again that was brought already, or was not: the same MessageSid."""
        return self.run(self._text(text, more))

    async def _receipt(self, text: Text, status: str, code: int | None) -> int:
        text.status, text.code = status, code
        form = {"MessageSid": text.sid, "MessageStatus": status, "To": text.to, "From": text.sender}
        form |= {"AccountSid": self.account, "ApiVersion": "2010-04-01"}
        if code is not None:
            form["ErrorCode"] = str(code)
        answered, _ = await self._post(text.callback, list(form.items()))
        return answered

    async def _text(self, text: Text, more: dict[str, str]) -> tuple[int, str]:
        form = {"MessageSid": text.sid, "SmsSid": text.sid, "From": text.sender, "To": text.to}
        form |= {"Body": text.body, "NumMedia": "0", "NumSegments": "1", "AccountSid": self.account}
        form |= {"FromCity": "", "FromCountry": "GB", "SmsStatus": "received"} | more
        return await self._post(f"{self.public_url}/webhooks/twilio/inbound", list(form.items()))

    async def _post(self, url: str, form: list[tuple[str, str]]) -> tuple[int, str]:
        assert self.session is not None
        headers = {
            "X-Twilio-Signature": sign(self.auth_token, url, form),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        async with self.session.post(self._real(url), data=urlencode(form), headers=headers) as reply:
            said = await reply.text()
        self.callbacks.append((reply.url.path, reply.status))
        return reply.status, said

    def _keyword(self, sender: str, body: str) -> dict[str, str]:
        word = body.strip().upper()
        if word in OPT_OUT_WORDS:
            self.opted_out.add(sender)
            return {"OptOutType": "STOP"}
        if word in ("START", "YES", "UNSTOP"):
            self.opted_out.discard(sender)
            return {"OptOutType": "START"}
        return {"OptOutType": "HELP"} if word in ("HELP", "INFO") else {}

    # --- the API -------------------------------------------------------------------------------

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        body = (await request.read()).decode()
        fields = dict(parse_qsl(body, keep_blank_values=True))
        call = Call(f"{request.method} {request.path}", fields or dict(request.query), time.monotonic())
        self.calls.append(call)
        if not self._knows(request.headers.get("Authorization", "")):
            call.fault = "20003"
            return _answer(401, _error_body(401, 20003, "Authenticate"))
        base = f"/2010-04-01/Accounts/{self.account}"
        if request.path == f"{base}/Messages.json":
            return await (self._send(request, call) if request.method == "POST" else self._list(request))
        if request.path == f"{base}.json":
            return _answer(200, json.dumps({"sid": self.account, "status": self.status}).encode())
        if request.path == f"{base}/IncomingPhoneNumbers.json":
            return _answer(200, json.dumps(self._numbers(dict(request.query))).encode())
        return _answer(404, _error_body(404, 20404, "The requested resource was not found"))

    def _numbers(self, asked: dict[str, str]) -> dict[str, Any]:
        mine = asked.get("PhoneNumber") in (None, self.number)
        one = {
            "sid": f"PN{1:032x}",
            "phone_number": self.number,
            "sms_url": self.sms_url,
            "sms_method": "POST",
        }
        return {"incoming_phone_numbers": [one] if mine else [], "page": 0, "page_size": 50}

    def _knows(self, authorization: str) -> bool:
        known = {self.account: self.auth_token} | self.keys
        return any(authorization == _basic(name, secret) for name, secret in known.items())

    async def _send(self, request: web.BaseRequest, call: Call) -> web.StreamResponse:
        fields = call.fields
        fault = self._fault_for(fields.get("To", ""))
        if fault is not None:
            call.fault = fault.name
            struck = await self._strike(fault, request, lambda: self._accept(fields))
            if struck is not None:
                return struck
        if (refused := self._refuse(fields)) is not None:
            call.fault = str(refused)
            return _answer(400, _error_body(400, refused, "refused"))
        text = self._accept(fields)
        return _answer(201, json.dumps(text.record(self.account)).encode())

    def _refuse(self, fields: dict[str, str]) -> int | None:
        to = fields.get("To", "")
        if not to:
            return 21604
        if not fields.get("From") and not fields.get("MessagingServiceSid"):
            return 21603
        if not fields.get("Body"):
            return 21602
        if len(fields["Body"]) > 1600:
            return 21617
        if not 1 <= int(fields.get("ValidityPeriod", "36000")) <= 36000:
            return 21624
        if to in self.opted_out:
            return 21610
        return 21614 if to in self.not_mobile else None

    def _accept(self, fields: dict[str, str]) -> Text:
        heard(fields["Body"])
        sender = fields.get("From") or self.number
        text = self._made(fields["To"], sender, fields["Body"], "outbound-api")
        text.callback = fields.get("StatusCallback", "")
        text.fields = dict(fields)
        self.sent.append(text)
        if text.callback and self.receipts and self._loop is not None:
            self._loop.create_task(self._tell(text, self.receipts))
        return text

    async def _tell(self, text: Text, statuses: tuple[str, ...]) -> None:
        for status in statuses:
            await self._receipt(text, status, None)

    def _made(self, to: str, sender: str, body: str, direction: str) -> Text:
        self._sid += 1
        now = datetime.now(UTC).replace(microsecond=0)
        return Text(f"SM{self._sid:032x}", to, sender, body, direction, now)

    async def _list(self, request: web.BaseRequest) -> web.StreamResponse:
        if (fault := self._always.get("list")) is not None:
            struck = await self._strike(fault, request, lambda: None)
            if struck is not None:
                return struck
        asked = {name: values[-1] for name, values in parse_qs(request.query_string).items()}
        found = [one for one in (*self.sent, *self.received) if _listed(one, asked)]
        found.sort(key=lambda one: (one.made, one.sid), reverse=True)
        size, page = int(asked.get("PageSize", "50")), int(asked.get("Page", "0"))
        here = found[page * size : (page + 1) * size]
        more = None
        if len(found) > (page + 1) * size:
            more = f"{request.path}?{urlencode(asked | {'Page': str(page + 1)})}"
        answer = {
            "messages": [one.record(self.account) for one in here],
            "page": page,
            "page_size": size,
            "first_page_uri": request.path,
            "next_page_uri": more,
            "previous_page_uri": None,
            "start": page * size,
            "end": page * size + len(here) - 1,
            "uri": request.path_qs,
        }
        return _answer(200, json.dumps(answer).encode())


def _basic(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


def _listed(text: Text, asked: dict[str, str]) -> bool:
    """Twilio's filters. DateSent is compared by whole days, and a text without one never passes it."""
    if asked.get("To", text.to) != text.to or asked.get("From", text.sender) != text.sender:
        return False
    for name, sign_of in (("DateSent", 0), ("DateSent>", 1), ("DateSent<", -1)):
        if name not in asked:
            continue
        if text.sent is None:
            return False
        days = (text.sent.date() - datetime.fromisoformat(asked[name]).date()) / timedelta(days=1)
        if days and (sign_of == 0 or days * sign_of < 0):
            return False
    return True


def _answer(status: int, body: bytes) -> web.Response:
    return web.Response(status=status, body=body, content_type="application/json")
