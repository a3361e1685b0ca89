"""A door with nothing behind it: the same framework, the signature as Twilio's documentation checks it."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


def app(path: str, public_url: str, token: str) -> Starlette:
    """Reads the form, checks that Twilio signed it, says thank you; keeps nothing."""
    validator = RequestValidator(token)

    async def inbound(request: Request) -> Response:
        form = await request.form()
        if not validator.validate(public_url + path, form, request.headers.get("X-Twilio-Signature", "")):
            return Response(status_code=403)
        return Response(_TWIML, media_type="text/xml")

    return Starlette(routes=[Route(path, inbound, methods=["POST"])])
