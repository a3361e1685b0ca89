"""Loading: what must be there, what may not vanish, and what a pack keeps."""

from __future__ import annotations

import json
from datetime import date, time

import pytest

from bot.content.campaigns import from_pack, words_from_pack
from bot.content.files import Files
from bot.content.load import load
from bot.domain.address import ChannelName
from bot.domain.campaign import Anchor, Moment
from bot.domain.family import Role
from bot.errors import Fault, NotFound
from bot.words.render import render_reply, render_step
from tests.content import small


def test_right_content_has_no_faults() -> None:
    assert small.faults(small.FILES) == []


def test_a_campaign_becomes_what_its_file_says() -> None:
    offer = load(small.FILES).campaigns["flu"].steps[0]
    assert (offer.to, offer.when, offer.until, offer.at, offer.replies) == (
        {Role.MOTHER, Role.FATHER},
        Moment(Anchor.DUE, days=112),
        Moment(Anchor.DUE, days=224),
        time(10),
        {"DONE": "done"},
    )


def test_faults_of_all_files_come_together_in_file_order() -> None:
    files = small.changed("templates/en/flu/offer.j2", "line_phone", "x") | {
        "campaigns/flu.yaml": small.CAMPAIGN.replace("[done]", "[maybe]"),
        "config/approvers.yaml": "approvers: none\nauthors: []\n",
    }
    assert [fault.split(":")[0] for fault in small.faults(files)] == [
        "campaigns/flu.yaml",
        "config/approvers.yaml",
    ]


def test_files_that_could_not_be_read_are_faults() -> None:
    files = Files(small.FILES, "here", (Fault("templates/en/flu/x.j2", 1, 1, "This is not UTF-8."),))
    assert small.faults(files) == ["templates/en/flu/x.j2:1:1: This is not UTF-8."]


@pytest.mark.parametrize(
    "name", ["default", "approvers", "calendar", "directory", "neighbourhoods", "keywords", "crisis"]
)
def test_a_config_file_that_is_missing_is_named(name: str) -> None:
    said = f"config/{name}.yaml:1:1: The file is missing. Put it back from the project's repository."
    assert said in small.faults(small.without(f"config/{name}.yaml"))


def test_a_config_file_that_nothing_reads_is_named() -> None:
    said = small.faults({**small.FILES, "config/defaults.yaml": "a: b\n"})
    assert said == [
        "config/defaults.yaml:1:1: Nothing reads this file. "
        "Config is default, approvers, calendar, directory, neighbourhoods, keywords, crisis, "
        "personas, phrases, sources, strategy."
    ]


def test_every_role_a_step_goes_to_has_english_words() -> None:
    files = small.without("templates/en/flu/offer.j2")
    assert small.faults(files) == [
        "campaigns/flu.yaml:8:9: There are no words for mother. "
        "Write templates/en/flu/offer.mother.j2 or templates/en/flu/offer.j2."
    ]


def test_words_for_one_channel_alone_are_not_enough() -> None:
    files = small.without("templates/en/flu/nudge.j2") | {"templates/en/flu/nudge.telegram.j2": "Ask."}
    assert small.faults(files) == [
        "campaigns/flu.yaml:13:9: There are no words for mother on sms. "
        "Write templates/en/flu/nudge.mother.j2 or templates/en/flu/nudge.j2."
    ]


def test_weeks_of_pregnancy_are_known_where_a_step_counts_from_pregnancy_even_through_another() -> None:
    assert small.faults(small.changed("templates/en/flu/nudge.j2", "Now", "{{ weeks }} weeks")) == []


def test_weeks_of_pregnancy_are_not_known_elsewhere() -> None:
    files = small.changed("templates/en/flu/offer.father.j2", "ring", "{{ weeks }} weeks: ring")
    files["campaigns/flu.yaml"] = small.CAMPAIGN.replace(
        "    when: {pregnancy: 16w}\n    until: {pregnancy: 32w}", "    when: {joined: 2d}"
    )
    assert small.faults(files) == [
        "templates/en/flu/offer.father.j2:1:1: weeks is known only where a step counts from pregnancy. "
        "Write it without."
    ]


def test_a_retired_step_needs_no_words() -> None:
    files = small.changed("campaigns/flu.yaml", "    unless: [done]", "    retired: true")
    del files["templates/en/flu/nudge.j2"]
    assert small.faults(files) == []


def test_a_reply_that_is_missing_is_named() -> None:
    assert small.faults(small.without("templates/en/replies/stopped.j2")) == [
        "templates/en/replies/stopped.j2:1:1: The file is missing. "
        "Write this reply: people are answered with it."
    ]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("templates/en/flu/offr.j2", "No step of flu is called offr. Did you mean offer? "
         "Rename the file, or delete it."),
        ("templates/en/flu/offer_father.j2", "No step of flu is called offer_father. "
         "A dot comes before the role: offer.father.j2. Rename the file, or delete it."),
        ("templates/en/flu/offer.Father.j2", "Roles are written small. Name the file offer.father.j2."),
        ("templates/en/flue/a.j2", "There is no campaign flue. Did you mean flu? "
         "Rename the folder, or write campaigns/flue.yaml."),
        ("templates/en/replies/stoped.j2", "There is no reply stoped. Did you mean stopped? "
         "Rename the file, or delete it."),
        ("templates/en/offer.j2", "Templates live in templates/<language>/<campaign>/ or replies/. "
         "Move the file there."),
        ("templates/pl/flu/offer.j2", "The language pl is not in config/default.yaml. "
         "Add it there, or rename the folder."),
        ("templates/en/flu/offer.carer.j2", "offer does not go to carer. Add the role to its `to`, "
         "or delete the file."),
        ("templates/en/flu/offer.sms.father.j2", "sms is not a role or channel. "
         "Name the file <name>[.role][.channel].j2."),
        ("templates/en/replies/help.father.j2", "father is not a channel. "
         "Name the file <name>[.channel].j2."),
    ],
)  # fmt: skip
def test_a_template_that_nothing_would_use_is_told_what_is_wrong(path: str, said: str) -> None:
    assert small.faults({**small.FILES, path: "Words."}) == [f"{path}:1:1: {said}"]


def test_words_that_everybody_has_nearer_words_for_are_told() -> None:
    files = {**small.FILES, "templates/en/flu/offer.mother.j2": "Flu: ask.\n"}
    assert small.faults(files) == [
        "templates/en/flu/offer.j2:1:1: Nobody would ever get these words: there are nearer ones for "
        "everybody. Delete the file."
    ]


def test_words_of_one_channel_leave_the_others_to_the_general_words() -> None:
    assert small.faults({**small.FILES, "templates/en/flu/nudge.telegram.j2": "Ask.\n"}) == []


def test_templates_of_a_campaign_that_cannot_be_read_are_not_judged() -> None:
    files = small.changed("campaigns/flu.yaml", "topic: flu\n", "")
    assert small.faults(files) == ["campaigns/flu.yaml:1:1: The key topic is missing. Add it."]


def test_a_published_step_may_not_vanish() -> None:
    assert small.faults(small.FILES, {"flu": {"offer": Anchor.DUE, "first": Anchor.DUE}}) == [
        "campaigns/flu.yaml:7:1: The published step first is gone. Add formerly: [first] to the step "
        "that took its place, or put it back with retired: true."
    ]


def test_a_published_campaign_may_not_vanish() -> None:
    assert small.faults(small.FILES, {"icon": {"plan": Anchor.DUE}}) == [
        "campaigns/icon.yaml:1:1: The published campaign icon is gone. Put it back, and retire its steps."
    ]


def test_a_step_that_was_renamed_keeps_its_published_id() -> None:
    files = small.changed("campaigns/flu.yaml", "    unless: [done]", "    formerly: [first]")
    assert small.faults(files, {"flu": {"offer": Anchor.DUE, "first": Anchor.DUE}}) == []


OFFERED = "when: {pregnancy: 16w}\n    until: {pregnancy: 32w}"
NUDGED = "{after: {step: offer, days: 21}}\n    until: {pregnancy: 37w}"
BEFORE = {"flu": {"offer": Anchor.DUE, "nudge": Anchor.DUE}}


@pytest.mark.parametrize(
    ("passage", "instead", "now", "step", "line"),
    [
        (OFFERED, "when: {joined: 2d}", "joined", "offer", 10),
        (OFFERED, "when: {date: 9 October}", "date", "offer", 10),
        (NUDGED, "{event: moved}", "event", "nudge", 15),
    ],
)
def test_p4_a_published_step_that_is_counted_from_something_else_would_go_again(
    passage: str, instead: str, now: str, step: str, line: int
) -> None:
    """What only hangs on it goes again with it, and is not told beside it."""
    assert small.faults(small.changed("campaigns/flu.yaml", passage, instead), BEFORE) == [
        f"campaigns/flu.yaml:{line}:11: The published step {step} was counted from pregnancy. Counted from "
        f"{now}, it would go again to those who had it. Put `when` back. If it shall go again, retire this "
        "step as it was, and write one with a new id."
    ]


def test_p4_what_is_counted_from_another_date_of_one_pregnancy_keeps_its_name() -> None:
    assert small.faults(small.changed("campaigns/flu.yaml", OFFERED, "when: {age: 8w}"), BEFORE) == []


def test_p4_a_step_that_is_renamed_and_counted_from_something_else_is_told() -> None:
    files = small.changed("campaigns/flu.yaml", "    unless: [done]", "    formerly: [first]")
    [said] = small.faults(files, {"flu": {"first": Anchor.JOINED}})
    assert "step nudge was counted from joined. Counted from pregnancy" in said


def test_a_pack_gives_the_same_campaign_and_words_again() -> None:
    content = load(small.FILES)
    campaign, words = from_pack(content.pack("flu"))
    rendered = render_step(words, ("flu", "offer"), Role.MOTHER, ChannelName.SMS, "en", {})
    assert (campaign, rendered.body) == (content.campaigns["flu"], "Flu: ring 0800 448 0737.")


def test_a_pack_keeps_only_the_values_its_words_print() -> None:
    pack = load(small.FILES).pack("flu")
    assert json.loads(pack["values.json"]) == {"line_phone": "0800 448 0737"}


def test_a_pack_keeps_only_its_own_files() -> None:
    assert set(load(small.FILES).pack("flu")) == {
        "campaigns/flu.yaml",
        "templates/en/flu/offer.j2",
        "templates/en/flu/offer.father.j2",
        "templates/en/flu/nudge.j2",
        "values.json",
    }


def test_crisis_answers_are_a_pack_of_their_own() -> None:
    content = load(small.FILES)
    assert content.packs == ("flu", "crisis", "replies")
    assert "templates/en/replies/crisis/abuse.j2" in content.pack("crisis")
    assert not any("crisis" in path for path in content.pack("replies"))


def test_replies_come_out_of_their_pack() -> None:
    words = words_from_pack(load(small.FILES).pack("crisis"))
    assert render_reply(words, "crisis/abuse", "en", ChannelName.SMS, {}).body == "Answer: crisis/abuse."


def test_an_unknown_pack_is_refused() -> None:
    with pytest.raises(NotFound, match="There is no campaign icon"):
        load(small.FILES).pack("icon")


def test_a_campaign_may_not_be_called_as_the_replies() -> None:
    files = {
        **small.FILES,
        "campaigns/replies.yaml": small.CAMPAIGN.replace("campaign: flu", "campaign: replies"),
    }
    assert small.faults(files) == [
        "campaigns/replies.yaml:1:11: replies is the name of what people are answered with. "
        "Choose another one."
    ]


def test_config_becomes_values() -> None:
    config = load(small.FILES).config
    assert config.duty.missing == ("role", "hours", "contact", "may_see_numbers", "when_to_refer")
    assert (config.retention.texts_days, config.cap.per_7_days, config.language_codes) == (
        90,
        2,
        ("en", "ur"),
    )
    assert config.calendar.on("kept", 2027) == date(2027, 3, 10)


def test_values_name_verified_services_alone() -> None:
    values = load(small.FILES).config.values()
    assert values["line_phone"] == "0800 448 0737"
    assert "unseen_phone" not in values


def test_a_soft_day_of_every_year_is_soft_in_every_year() -> None:
    files = small.changed(
        "config/calendar.yaml", "soft_days: []", "soft_days: [{name: Christmas, date: 25 December}]"
    )
    soft = load(files).config.calendar.soft
    assert {date(2026, 12, 25), date(2030, 12, 25)} <= soft


@pytest.mark.parametrize(
    ("purpose", "refused"),
    [
        ("support_after_loss\nchosen: true", True),
        ("reminders", True),
        ("next_pregnancy\nchosen: true", True),
        ("next_pregnancy", False),
        ("pregnancy_and_baby", False),
    ],
)
def test_p4_a_chosen_step_may_not_ask_to_be_sent_twice(purpose: str, refused: bool) -> None:
    """Nobody is written to twice about a loss, and a reminder that came twice is two."""
    files = small.changed("campaigns/flu.yaml", "    unless: [done]", "    resend_if_uncertain: true")
    yaml = files["campaigns/flu.yaml"].replace("purpose: pregnancy_and_baby", f"purpose: {purpose}")
    said = [fault for fault in small.faults(files | {"campaigns/flu.yaml": yaml}) if "sent twice" in fault]
    line = 18 if "\n" in purpose else 17
    why = "What follows a loss, and what somebody asked for, is never sent twice. Take this away."
    assert said == ([f"campaigns/flu.yaml:{line}:26: {why}"] if refused else [])
