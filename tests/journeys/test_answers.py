"""Whatever is written, however things stand: every answer has words, fits its parts and repeats nothing."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.address import ChannelName
from bot.domain.conversation.converse import converse
from bot.domain.conversation.person import Person
from bot.domain.conversation.turn import Reply, Talk
from bot.domain.conversation.urgent import urgent
from bot.domain.inbound import InboundKind
from bot.words.languages import Day
from bot.words.render import render_reply
from bot.words.signposts import spelled
from bot.words.understand import understand
from tests import ours
from tests.domain.conversation.test_converse import ASKED, people
from tests.speakers import NOW, STRANGER, TODAY, known
from tests.words.corpus import everything

SECRET = "Zebedee7"  # stands for a name, a street: what somebody tells us of themselves
PARTS = 2
SAID = st.sampled_from(sorted({one.text for one in everything()}))


def _answers(text: str, person: Person, talk: Talk, kind: InboundKind) -> list[Reply]:
    """Every answer, as it would be for somebody who is pointed to the real directory."""
    meaning = understand(text, ours.lexicon(), ("en",), TODAY)
    person = replace(person, directory=ours.content().config.directory)
    turn = converse(meaning, person, talk, kind, text, NOW)
    turn = spelled(turn, ours.content().words, "en", ChannelName.SMS, NOW)
    return [*urgent(meaning, person, kind, NOW).replies, *turn.replies]


def _body(reply: Reply, channel: ChannelName = ChannelName.SMS) -> tuple[str, int]:
    """The words and parts of an answer."""
    values = {
        name: Day(value, TODAY) if not isinstance(value, str) else value
        for name, value in reply.values.items()
    }
    rendered = render_reply(ours.content().words, reply.key, "en", channel, MappingProxyType(values))
    return rendered.body, rendered.parts


@settings(max_examples=400, deadline=None)
@given(SAID, people(), st.sampled_from(ASKED), st.sampled_from(InboundKind))
def test_p14_every_answer_to_anything_has_words_and_fits_two_parts(
    text: str, person: Person, talk: Talk, kind: InboundKind
) -> None:
    for reply in _answers(text, person, talk, kind):
        body, parts = _body(reply)
        assert (bool(body.strip()), parts <= PARTS) == (True, True), reply.key


@settings(max_examples=400, deadline=None)
@given(SAID, people(), st.sampled_from(ASKED), st.sampled_from(InboundKind), st.booleans())
def test_p11_no_answer_repeats_what_somebody_wrote(
    text: str, person: Person, talk: Talk, kind: InboundKind, first: bool
) -> None:
    told = f"{SECRET} {text}" if first else f"{text} {SECRET}"
    for reply in _answers(told, person, talk, kind):
        assert SECRET.lower() not in _body(reply)[0].lower()


@pytest.mark.parametrize("person", [known(), STRANGER, known(stopped=True)])
def test_care_01_in_one_text_the_crisis_is_answered_before_the_loss_and_both_are(person: Person) -> None:
    given = _answers("no heartbeat and heavy bleeding", person, Talk.none(), InboundKind.TEXT)
    assert [one.key for one in given] == ["crisis/pregnancy", "loss"]
