"""Logs: one line an event, and a last net for what must never be in one (P11)."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
import uvicorn
from starlette.applications import Starlette

from bot import logs

TOKEN = "1234567890:AAH" + "x" * 32

pytestmark = pytest.mark.tells_on_purpose  # pytest keeps what was logged as it was before it was redacted


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where this process's logs go; as it was before, afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    said = io.StringIO()
    logs.configure("INFO", said)
    yield said
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_line_of_json_with_its_moment(stream: io.StringIO) -> None:
    structlog.get_logger().info("claimed", rows=3)
    [line] = lines(stream)
    assert (line["event"], line["rows"], line["level"]) == ("claimed", 3, "info")
    assert line["timestamp"].endswith("Z")


def test_other_libraries_logs_are_lines_of_the_same_kind(stream: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").warning("closing %s", "slowly")
    assert lines(stream)[0]["event"] == "closing slowly"


def test_what_uvicorn_says_when_it_starts_is_said_once_and_without_colours(stream: io.StringIO) -> None:
    """uvicorn's own words, as it logs them: a second copy is made for terminals."""
    server = uvicorn.Server(uvicorn.Config(Starlette(), host="127.0.0.1", port=0, log_config=None))
    sock = server.config.bind_socket()
    sock.close()
    [line] = lines(stream)
    assert "uvicorn running" in line["event"].lower()
    assert "color_message" not in line
    assert "\\u001b" not in stream.getvalue()


@pytest.mark.parametrize("name", logs.TALKATIVE)
def test_a_library_that_prints_urls_is_silent_at_info(stream: io.StringIO, name: str) -> None:
    logging.getLogger(name).info("GET https://api.telegram.org/bot%s/getMe", TOKEN)
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    "name", ["httpx", "httpcore", "telegram", "twilio", "twilio.http_client", "aiohttp", "urllib3", "alembic"]
)
def test_each_library_that_is_known_to_print_urls_or_values_is_silenced(name: str) -> None:
    assert name in logs.TALKATIVE


@pytest.mark.parametrize(
    "name", ["token", "secret", "text", "body", "number", "phone", "name", "value", "chat_id", "to"]
)
def test_a_field_with_a_telling_name_is_taken_out(stream: io.StringIO, name: str) -> None:
    structlog.get_logger().info("event", **{name: "anything at all"})
    assert lines(stream)[0][name] == "[redacted]"


@pytest.mark.parametrize(
    "secret",
    [TOKEN, "+447700900123", "07700 900 123", "0044 7700 900123", "+44 (0) 7700 900123"],
)
def test_a_token_or_number_in_a_value_is_taken_out(stream: io.StringIO, secret: str) -> None:
    structlog.get_logger().warning(f"could not send to {secret}", said=f"<{secret}>")
    logging.getLogger("other").error("for %s", secret)
    assert secret not in stream.getvalue()
    assert stream.getvalue().count("[redacted]") == 3


def test_a_token_in_an_exception_s_text_is_taken_out(stream: io.StringIO) -> None:
    try:
        raise RuntimeError(f"GET /bot{TOKEN}/getMe")
    except RuntimeError:
        structlog.get_logger().exception("failed")
    [line] = lines(stream)
    assert TOKEN not in stream.getvalue()
    assert "RuntimeError" in line["exception"]


def test_a_token_in_another_library_s_exception_is_taken_out(stream: io.StringIO) -> None:
    try:
        raise RuntimeError(f"GET https://api.telegram.org/bot{TOKEN}/getMe")
    except RuntimeError:
        logging.getLogger("asyncio").exception("Task exception was never retrieved")
    assert TOKEN not in stream.getvalue()


@pytest.mark.parametrize(
    "harmless", ["2027-02-02T10:00:00+00:00", "0001_first", "host:4711", "127.0.0.1:8080"]
)
def test_what_is_no_number_is_left_as_it_is(stream: io.StringIO, harmless: str) -> None:
    structlog.get_logger().info("event", at=harmless)
    assert lines(stream)[0]["at"] == harmless


def test_the_level_is_the_one_that_was_set() -> None:
    said = io.StringIO()
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        logs.configure("ERROR", said)
        structlog.get_logger().warning("not this")
        structlog.get_logger().error("this")
    finally:
        root.handlers[:], root.level = handlers, level
        structlog.reset_defaults()
    assert [line["event"] for line in lines(said)] == ["this"]
