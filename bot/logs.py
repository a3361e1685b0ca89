"""Logs: structured, one line an event, ids only; a last net takes out what should never be there."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

# These print URLs (a bot's token is in its URL), numbers or bodies at INFO.
TALKATIVE = (
    "httpx",
    "httpcore",
    "telegram",
    "twilio",
    "twilio.http_client",
    "aiohttp",
    "urllib3",
    "apscheduler",
    "alembic",
)

_TELEGRAM_TOKEN = re.compile(r"(?<!\d)\d{6,12}:[A-Za-z0-9_-]{30,}")  # in a URL it follows "bot"
_NUMBER = re.compile(r"(?<![\w.:-])(?:\+|00)?\d[\d ()]{8,16}\d(?![\w.:-])")
_SECRET_NAMES = frozenset(
    {"token", "secret", "text", "body", "number", "phone", "name", "value", "chat_id", "to"}
)

Event = MutableMapping[str, Any]


def uncoloured(_logger: Any, _method: str, event: Event) -> Event:
    """A structlog processor: uvicorn's second copy of its message, with a terminal's escape codes, goes."""
    event.pop("color_message", None)
    return event


def redact(_logger: Any, _method: str, event: Event) -> Event:
    """A structlog processor: fields with telling names, bot tokens and phone numbers become [redacted]."""
    for name, value in event.items():
        if name in _SECRET_NAMES:
            event[name] = "[redacted]"
        elif isinstance(value, str):
            event[name] = scrub(value)
    return event


def scrub(text: str) -> str:
    """`text` without anything that looks like a bot's token or a phone number."""
    return _NUMBER.sub("[redacted]", _TELEGRAM_TOKEN.sub("[redacted]", text))


def configure(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send every log of this process to `stream` (default stderr): coloured on a terminal, else JSON."""
    stream = stream if stream is not None else sys.stderr
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), uncoloured, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                redact,
                structlog.dev.ConsoleRenderer() if stream.isatty() else structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
