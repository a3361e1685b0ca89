"""What a campaign in the list of topics must keep to, and one for work."""

from __future__ import annotations

import pytest

from tests.content import small

FLU = "campaigns/flu.yaml"
OTHER = {
    "campaigns/cold.yaml": small.CAMPAIGN.replace("campaign: flu", "campaign: cold"),
    "templates/en/cold/offer.j2": "Think Family: x",
    "templates/en/cold/nudge.j2": "Think Family: x",
}


def chosen(menu: str = "FLU", campaign: str = small.CAMPAIGN) -> dict[str, str]:
    made = campaign.replace("topic: flu\n", f"topic: flu\nchosen: true\nmenu: {menu}\n")
    return {**small.FILES, FLU: made, "templates/en/flu/menu.j2": "A jab"}


def said(files: dict[str, str]) -> str:
    return "\n".join(small.faults(files))


def test_a_campaign_with_a_word_and_a_line_of_its_own_may_be_chosen() -> None:
    assert said(chosen()) == ""


@pytest.mark.parametrize("word", ["STOP", "YES", "HITS", "A1", "ALL TEXTS", "A"])
def test_a_word_that_means_something_else_is_refused(word: str) -> None:
    files = chosen(word)
    files["config/crisis.yaml"] = "en:\n  abuse: [he hits me, hits]\n"
    assert word.split()[0] in said(files)


def test_a_topic_is_one_campaign_s_where_it_is_chosen() -> None:
    assert "cold has the topic flu too" in said({**chosen(), **OTHER})


def test_a_word_is_one_campaign_s() -> None:
    other = {**OTHER, "templates/en/cold/menu.j2": "A cold"}
    other["campaigns/cold.yaml"] = other["campaigns/cold.yaml"].replace(
        "topic: flu\n", "topic: other\nchosen: true\nmenu: FLU\n"
    )
    assert "cold has the word FLU too" in said({**chosen(), **other})


def test_p8_what_is_chosen_is_never_essential() -> None:
    files = chosen(
        campaign=small.CAMPAIGN.replace("    until: {pregnancy: 32w}\n", "    importance: essential\n")
    )
    assert "must not keep out what everybody needs" in said(files)


def test_no_step_is_called_as_the_line_of_the_list() -> None:
    assert "Call the step something else" in said(chosen(campaign=small.CAMPAIGN.replace("nudge", "menu")))


def test_a_line_of_the_list_is_neither_by_role_nor_of_what_is_not_chosen() -> None:
    assert "no words by role" in said({**chosen(), "templates/en/flu/menu.father.j2": "x"})
    assert "in no list" in said({**small.FILES, "templates/en/flu/menu.j2": "x"})


def test_care_19_no_reminder_is_offered_after_a_loss() -> None:
    after = small.CAMPAIGN.replace("purpose: pregnancy_and_baby", "purpose: support_after_loss\nchosen: true")
    after = after.replace("{pregnancy: 16w}", "{loss: 2w}").replace("{pregnancy: 32w}", "{loss: 6w}")
    assert "Nobody is reminded" in said({**small.FILES, FLU: after.replace("{DONE: done}", "{DONE: remind}")})


def test_what_is_for_work_goes_to_professionals_by_days_that_they_have() -> None:
    work = small.CAMPAIGN.replace("pregnancy_and_baby", "professional")
    assert "for them alone" in said({**small.FILES, FLU: work})
    assert "Nobody at work has a due date" in said({**small.FILES, FLU: work})
    mixed = small.CAMPAIGN.replace("[mother, father]", "[mother, father, professional]")
    assert "Take them out, or write another" in said({**small.FILES, FLU: mixed})
