"""SMS parts, counted and cut as networks do it (P14); smsutil is the oracle."""

from __future__ import annotations

import pytest
import smsutil
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.words import sms
from bot.words.characters import GSM_BASIC, GSM_EXTENSION
from bot.words.sms import Encoding, Parts

GSM = st.text(alphabet=sorted(GSM_BASIC | GSM_EXTENSION), min_size=1, max_size=700)
ANY = st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", Parts(Encoding.GSM_7, 0, 0)),
        ("a" * 160, Parts(Encoding.GSM_7, 160, 1)),
        ("a" * 161, Parts(Encoding.GSM_7, 161, 2)),
        ("a" * 306, Parts(Encoding.GSM_7, 306, 2)),
        ("a" * 307, Parts(Encoding.GSM_7, 307, 3)),
        ("€" * 80, Parts(Encoding.GSM_7, 160, 1)),
        ("ç" + "a" * 69, Parts(Encoding.UCS_2, 70, 1)),
        ("ç" + "a" * 70, Parts(Encoding.UCS_2, 71, 2)),
        ("😀" * 35, Parts(Encoding.UCS_2, 70, 1)),
    ],
)
def test_p14_counts_are_exact_at_every_edge(text: str, parts: Parts) -> None:
    assert sms.count(text) == parts


def test_p14_an_extension_pair_never_straddles_two_parts() -> None:
    assert sms.parts("a" * 152 + "€" + "b" * 152) == ["a" * 152, "€" + "b" * 151, "b"]


def test_p14_a_surrogate_pair_never_straddles_two_parts() -> None:
    assert sms.parts("a" * 66 + "😀" + "b" * 10) == ["a" * 66, "😀" + "b" * 10]


@settings(max_examples=150, deadline=None)
@given(st.one_of(GSM, ANY))
def test_p14_agrees_with_the_oracle(text: str) -> None:
    assert [sms.count(text).parts, sms.parts(text)] == [
        len(smsutil.split(text).parts),
        [part.content for part in smsutil.split(text).parts],
    ]


@settings(max_examples=50, deadline=None)
@given(ANY)
def test_p14_parts_put_together_are_the_text(text: str) -> None:
    assert "".join(sms.parts(text)) == text
