"""Values to text: the right template, one language, never empty."""

from __future__ import annotations

from datetime import date

import pytest

from bot.domain.address import ChannelName
from bot.domain.family import Role
from bot.errors import NotFound
from bot.words.render import Words, family_values, render_reply, render_step

SMS, TELEGRAM = ChannelName.SMS, ChannelName.TELEGRAM
KEY = ("flu", "offer")


def words(**texts: str) -> Words:
    """Templates of the step in English, by what follows its name ("" is the plain one)."""
    found = {f"templates/en/flu/offer{name.replace('_', '.')}.j2": text for name, text in texts.items()}
    return Words(found, {"organisation": "City"})


def test_the_nearest_template_is_the_message() -> None:
    made = words(_father_sms="a", _father="b", _sms="c", **{"": "d"})
    asked = [(Role.FATHER, SMS), (Role.FATHER, TELEGRAM), (Role.MOTHER, SMS), (Role.MOTHER, TELEGRAM)]
    assert [render_step(made, KEY, role, channel, "en", {}).body for role, channel in asked] == list("abcd")


def test_p9_a_language_without_words_falls_back_as_a_whole() -> None:
    rendered = render_step(words(**{"": "d"}), KEY, Role.MOTHER, SMS, "ur", {})
    assert (rendered.body, rendered.language) == ("d", "en")


def test_p9_an_answer_without_words_in_a_language_falls_back_as_a_whole() -> None:
    made = Words({"templates/en/replies/loss.j2": "sorry", "templates/ur/replies/help.j2": "x"}, {})
    rendered = render_reply(made, "loss", "ur", SMS, {})
    assert (rendered.body, rendered.language) == ("sorry", "en")


def test_in_a_right_to_left_language_a_number_is_kept_whole() -> None:
    made = Words({"templates/ur/replies/help.j2": "مدد 0800 448 0737"}, {})
    assert "\u20660800 448 0737\u2069" in render_reply(made, "help", "ur", SMS, {}).body


def test_no_words_at_all_is_an_error() -> None:
    with pytest.raises(NotFound) as caught:
        render_step(words(), KEY, Role.MOTHER, SMS, "en", {})
    assert caught.value.code == "no_words"


def test_own_values_go_before_shared_ones() -> None:
    made = words(**{"": "{{ organisation }}"})
    assert render_step(made, KEY, Role.MOTHER, SMS, "en", {"organisation": "Town"}).body == "Town"


def test_the_same_template_with_other_values_is_another_message() -> None:
    made = words(**{"": "{{ weeks }}"})
    assert [render_step(made, KEY, Role.MOTHER, SMS, "en", {"weeks": n}).body for n in (1, 2, 1)] == [
        "1",
        "2",
        "1",
    ]


def test_merged_words_keep_the_numbers_they_were_published_with() -> None:
    old = Words({"templates/en/flu/offer.j2": "{{ line_phone }}"}, {"line_phone": "111"})
    new = Words({"templates/en/icon/plan.j2": "{{ line_phone }}"}, {"line_phone": "222"})
    made = Words.merged([old, new])
    assert [
        render_step(made, key, Role.MOTHER, SMS, "en", {}).body
        for key in (("flu", "offer"), ("icon", "plan"))
    ] == ["111", "222"]


def test_merged_words_merge_again() -> None:
    old = Words({"templates/en/flu/offer.j2": "{{ line_phone }}"}, {"line_phone": "111"})
    made = Words.merged([Words.merged([old]), Words({}, {"line_phone": "222"})])
    assert render_step(made, KEY, Role.MOTHER, SMS, "en", {}).body == "111"


def test_merging_again_compiles_nothing_again() -> None:
    part = words(**{"": "d"})
    path = "templates/en/flu/offer.j2"
    assert Words.merged([part]).at(path) is Words.merged([part]).at(path)


def test_of_two_parts_with_one_path_the_later_wins() -> None:
    made = Words.merged([words(**{"": "old"}), words(**{"": "new"})])
    assert render_step(made, KEY, Role.MOTHER, SMS, "en", {}).body == "new"


def test_a_bare_date_is_read_back_with_its_year() -> None:
    made = Words({"templates/en/replies/welcome.j2": "Saved: {{ date }}."}, {})
    assert render_reply(made, "welcome", "en", SMS, {"date": date(2027, 3, 3)}).body == "Saved: 3 March 2027."


def test_a_familys_day_is_said_in_the_language_it_goes_in() -> None:
    made = Words({"templates/pl/flu/offer.j2": "{{ due_date }}, {{ weeks }}"}, {})
    values = family_values(date(2027, 3, 3), date(2027, 2, 2))
    assert render_step(made, KEY, Role.MOTHER, SMS, "pl", values).body == "3 marca, 35"


def test_curly_quotes_do_not_cost_a_second_alphabet() -> None:
    rendered = render_step(words(**{"": "It’s time – go…"}), KEY, Role.MOTHER, SMS, "en", {})
    assert rendered.body == "It's time - go..."


def test_telegram_keeps_its_quotes_and_is_one_message() -> None:
    rendered = render_step(words(**{"": "It’s " + "a" * 300}), KEY, Role.MOTHER, TELEGRAM, "en", {})
    assert rendered.body.startswith("It’s")
    assert rendered.parts == 1


def test_words_never_stand_in_a_repr() -> None:
    assert "secret" not in repr(render_step(words(**{"": "secret"}), KEY, Role.MOTHER, SMS, "en", {}))
