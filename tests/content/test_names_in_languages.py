"""Services, topics and buttons by their names in every language: no answer is half in English."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.authoring.coverage import to_be_named
from bot.authoring.faithful import numbers
from bot.authoring.pointing import Asker, answers
from bot.domain.address import ChannelName
from bot.words.render import BUTTONS, SERVICES, Words, named_buttons, render_reply
from tests.content.small import FILES, faults
from tests.content.test_languages_whole import EACH
from tests.ours import content

CONTENT = content()
SMS = ChannelName.SMS
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SIGNPOST = {
    "templates/en/replies/topic_stopped.j2": "no more about {{ topic }}.",
    "templates/pl/replies/topic_stopped.j2": "nic o: {{ topic }}.",
    "templates/pl/replies/names_topics.j2": "flu - grypa\n",
    "templates/pl/replies/names_buttons.j2": "MORE - Więcej\n",
}


@EACH
def test_every_service_topic_and_button_has_its_name(language: str) -> None:
    named = {
        key: ids - CONTENT.words.names(key, language).keys() for key, ids in to_be_named(CONTENT).items()
    }
    assert named == {key: frozenset() for key in named}


@EACH
def test_what_to_do_where_there_is_no_number_is_said_in_the_language(language: str) -> None:
    called = CONTENT.words.names(SERVICES, language)
    asked = [one for one in CONTENT.config.services if one.usable and not (one.phone or one.text or one.web)]
    assert [one.id for one in asked if " | " not in called[one.id]] == []
    assert [one.id for one in asked if numbers(one.ask or "") != numbers(called[one.id])] == []


@EACH
def test_a_family_is_pointed_to_help_without_a_word_of_english(language: str) -> None:
    said = answers(CONTENT, "booking", Asker(language=language), NOW)
    assert {one.language for one in said} == {language}
    assert [one for one in said if " ask " in one.body or "appointment" in one.body] == []


def test_where_a_name_is_missing_the_whole_answer_is_in_english() -> None:
    words = Words(SIGNPOST, {})
    said = [render_reply(words, "topic_stopped", "pl", SMS, {"topic": topic}) for topic in ("flu", "sleep")]
    assert [(one.language, one.body) for one in said] == [
        ("pl", "nic o: grypa."),
        ("en", "no more about sleep."),
    ]


def test_a_button_says_it_in_the_language_and_sends_the_same() -> None:
    words = Words(SIGNPOST, {})
    assert named_buttons(words, "pl", [[("More", "MORE")]]) == ((("Więcej", "MORE"),),)
    assert named_buttons(words, "en", [[("More", "MORE")]]) == ((("More", "MORE"),),)


def test_the_longest_label_fits_a_button() -> None:
    labels = [
        label
        for code in CONTENT.config.language_codes
        for label in CONTENT.words.names(BUTTONS, code).values()
    ]
    assert max(map(len, labels)) <= 32


def test_english_names_stand_in_the_directory_alone() -> None:
    [fault] = faults(FILES | {"templates/en/replies/names_topics.j2": "flu - flu\n"})
    assert "config/directory.yaml" in fault
