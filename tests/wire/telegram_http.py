"""How the Bot API reads a request and writes an answer, and the faults in its own JSON."""

from __future__ import annotations

import json
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from tests.wire.server import Fault


def too_many(seconds: int | None, description: str | None = None) -> Fault:
    """A 429; `seconds` None leaves out retry_after."""
    said = description or f"Too Many Requests: retry after {seconds}"
    parameters = {} if seconds is None else {"parameters": {"retry_after": seconds}}
    return telegram_error(429, said, **parameters)


def telegram_error(status: int, description: str, **more: Any) -> Fault:
    """An error in Telegram's own JSON."""
    said = {"ok": False, "error_code": status, "description": description}
    return Fault(str(status), status, json.dumps(said | more).encode())


BLOCKED = telegram_error(403, "Forbidden: bot was blocked by the user")
DEACTIVATED = telegram_error(403, "Forbidden: user is deactivated")
CHAT_NOT_FOUND = telegram_error(400, "Bad Request: chat not found")
UNAUTHORIZED = telegram_error(401, "Unauthorized")
NOT_FOUND = telegram_error(404, "Not Found")
INTERNAL = telegram_error(500, "Internal Server Error")


def migrated(chat_id: int) -> Fault:
    """The chat has a new id."""
    said = "Bad Request: group chat was upgraded to a supergroup chat"
    return telegram_error(400, said, parameters={"migrate_to_chat_id": chat_id})


def fields_of(request: web.BaseRequest, body: bytes) -> dict[str, Any]:
    """The parameters: of JSON, of a form with files, of a form, or of the URL."""
    if request.content_type == "application/json" and body:
        return dict(json.loads(body))
    if request.content_type == "multipart/form-data":
        return _parts(request, body)
    return dict(parse_qsl(body.decode() or request.query_string, keep_blank_values=True))


def _parts(request: web.BaseRequest, body: bytes) -> dict[str, Any]:
    """Fields of a form with a file in it: text as text, the file as it is."""
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    found: dict[str, Any] = {}
    for part in BytesParser().parsebytes(head + body).walk():
        name = part.get_param("name", header="content-disposition")
        if name is not None:
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            found[str(name)] = content.decode() if part.get_filename() is None else content
    return found


def json_field(value: Any, default: Any) -> Any:
    """A field that holds JSON: text in a form, itself in a JSON body or a webhook's reply."""
    if value is None:
        return default
    return json.loads(value) if isinstance(value, str) else value


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def ok(result: Any) -> web.Response:
    """What was asked for."""
    return web.Response(body=_json({"ok": True, "result": result}), content_type="application/json")


def error(status: int, description: str, **more: Any) -> web.Response:
    """What went wrong."""
    body = _json({"ok": False, "error_code": status, "description": description} | more)
    return web.Response(status=status, body=body, content_type="application/json")
