"""Whatever stands in a file, loading says what is wrong with it; it never fails in another way."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.content import config_files
from bot.content.campaigns import read_campaign
from bot.errors import ContentError, Fault
from tests.content import small

PIECES = st.sampled_from(
    [
        "", "null", "[]", "{}", "-", ":", "true", "7", "1.5", "'", '"', "{a: b}", "[a, [b]]", "\t", "\n",
        "é", "😀", "&x", "*x", "!t", "? ", "2027-02-31", "\x00", "{{", "0", "-1", "9" * 30, "31 February",
        "<<: {a: b}",
    ]
)  # fmt: skip


def spoiled(text: str, start: int, length: int, piece: str) -> str:
    start %= len(text)
    return text[:start] + piece + text[start + length :]


def told(reading: Callable[[], object]) -> tuple[Fault, ...]:
    """The faults of one reading; any other exception goes through."""
    try:
        reading()
    except ContentError as error:
        return error.faults
    return ()


@settings(max_examples=200, deadline=None)
@given(start=st.integers(0, 5000), length=st.integers(0, 12), piece=PIECES)
def test_a_spoiled_campaign_is_read_or_refused(start: int, length: int, piece: str) -> None:
    text = spoiled(small.CAMPAIGN, start, length, piece)
    assert all(fault.line >= 1 and fault.message for fault in told(partial(read_campaign, "x.yaml", text)))


@settings(max_examples=100, deadline=None)
@given(
    name=st.sampled_from(config_files.NAMES),
    start=st.integers(0, 5000),
    length=st.integers(0, 12),
    piece=PIECES,
)
def test_a_spoiled_config_is_read_or_refused(name: str, start: int, length: int, piece: str) -> None:
    path = f"config/{name}.yaml"
    files = {**small.FILES, path: spoiled(small.FILES[path], start, length, piece)}
    assert all(fault.line >= 1 and fault.message for fault in told(partial(config_files.read_config, files)))
