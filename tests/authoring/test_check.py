"""Check: what may not be published, what is worth a look, what it costs."""

from __future__ import annotations

from datetime import date
from time import process_time

from bot.authoring.check import Approved, Report, check
from bot.authoring.trial import Line
from bot.content import hashes
from bot.content.campaigns import read_campaign
from bot.content.config import Config
from bot.content.document import read
from bot.content.files import locate
from bot.content.load import load
from bot.domain.address import ChannelName
from bot.domain.family import Role
from bot.words.sms import Encoding
from bot.words.template import compile
from tests import ours
from tests.content import small
from tests.content.test_pictures import WITH

TODAY = date(2026, 11, 23)
OFFER = "templates/en/flu/offer.j2"


def said_of(words: str, path: str = OFFER) -> list[str]:
    """The faults when one template says these words."""
    return [str(fault) for fault in check({**small.FILES, path: words}, TODAY).faults]


def with_steps(steps: str) -> Report:
    """The report on a small campaign with other steps, each with words for everyone."""
    head = small.CAMPAIGN.partition("steps:\n")[0]
    files = {path: text for path, text in small.FILES.items() if "/flu/" not in path}
    ids = [line.split("id: ")[1].strip() for line in steps.splitlines() if "id: " in line]
    words = {f"templates/en/flu/{name}.j2": "Flu: ask.\n" for name in ids}
    return check({**files, **words, "campaigns/flu.yaml": f"{head}steps:\n{steps}"}, TODAY)


def essentials(*untils: str) -> str:
    """Essential steps that all open at 20 weeks and close when they are told to."""
    return "".join(
        f"  - id: must_{n}\n    to: [mother]\n    when: {{pregnancy: 20w}}\n"
        f"    until: {{pregnancy: {until}}}\n    importance: essential\n"
        for n, until in enumerate(untils)
    )


def test_right_content_has_no_faults_and_no_warnings() -> None:
    report = check(small.FILES, TODAY)
    assert (report.ok, report.faults, report.warnings) == (True, (), ())


def test_what_cannot_be_loaded_is_reported_and_nothing_is_tried() -> None:
    report = check(small.without("config/default.yaml"), TODAY)
    assert not report.ok
    assert (report.warnings, report.advice, report.table) == ((), (), ())


def test_a_published_step_that_vanished_is_a_fault() -> None:
    report = check(small.FILES, TODAY, published={"flu": {"gone": None}})
    assert [fault.path for fault in report.faults] == ["campaigns/flu.yaml"]


def test_care_03_a_word_that_twilio_keeps_is_never_invited() -> None:
    assert said_of("Flu: ask.\nText QUIT to end.") == [
        f"{OFFER}:2:6: QUIT never reaches us: Twilio keeps it. Invite a digit, OK, or a word such as DONE."
    ]


def test_care_03_the_same_word_in_a_sentence_is_only_a_word() -> None:
    assert said_of("Flu: the end is near. Yes, ask. For info or to cancel, ask.") == []


def test_a_phone_number_in_the_words_is_a_fault_at_its_place() -> None:
    assert said_of("Flu: ring 0800 448 0737.") == [
        f"{OFFER}:1:11: A phone number stands in the words. "
        "Put it in config/directory.yaml and write {{ <id>_phone }}."
    ]


def test_a_short_number_other_than_999_and_111_is_a_fault() -> None:
    assert [fault.split(":")[2] for fault in said_of("Flu: call 101 now.")] == ["6"]


def test_999_111_55_weeks_and_years_are_not_phone_numbers() -> None:
    assert said_of("Flu: call 999 then 55, or ring 111. 16 weeks, 15 October 2027, 1-2 tips, 400 mcg.") == []


def test_a_value_of_the_directory_is_not_a_number_in_the_words() -> None:
    assert said_of("Flu: ring {{ line_phone }}.") == []


def test_a_link_in_the_words_is_a_fault() -> None:
    for link in ("https://nhs.uk/flu", "www.nhs.uk", "nhs.uk/flu", "help@nhs.uk"):
        assert any(
            "A link or address stands in the words." in said for said in said_of(f"Flu: see {link}.")
        ), link


def test_notes_to_a_writer_and_marks_of_a_web_page_are_faults_in_the_words() -> None:
    for note in ("[add number]", "<b>", "TODO", "VERIFY"):
        assert any("families would read it" in said for said in said_of(f"Flu: ask {note} today.")), note


def test_full_stops_in_a_sentence_are_no_link() -> None:
    assert said_of("Flu: at 7.30pm. Ask your G.P. today, e.g. by phone.") == []


def test_p14_two_parts_in_english_are_allowed_and_three_are_not() -> None:
    assert said_of("a" * 306) == []
    assert said_of("a" * 307) == [
        f"{OFFER}:1:1: This comes to 3 SMS parts; 2 are allowed. Take out about 1 characters."
    ]


def test_telegram_words_of_their_own_have_no_parts() -> None:
    assert said_of("a" * 400, "templates/en/flu/offer.telegram.j2") == []


def test_care_28_urdu_may_have_five_parts_and_not_six() -> None:
    path = "templates/ur/flu/offer.j2"
    assert said_of("ا" * 335, path) == []
    assert "6 SMS parts; 5 are allowed" in said_of("ا" * 336, path)[0]


def test_a_character_that_doubles_the_price_is_named_where_it_stands() -> None:
    assert said_of("Flu:\nça va") == [
        f"{OFFER}:2:1: 'ç' (U+00E7) is not in the plain SMS alphabet and doubles the price. "
        "Write it another way."
    ]


def test_curly_quotes_and_long_dashes_cost_nothing_since_they_leave_plain() -> None:
    assert said_of("Flu: “ask” – it’s free…") == []


def test_values_are_tried_at_their_longest() -> None:
    words = "a" * 290 + " {{ due_date }}"  # 17 September 2028 is longer than 1 May
    assert "3 SMS parts" in said_of(words)[0]


def test_every_case_an_if_asks_about_is_tried() -> None:
    assert said_of("{% if weeks == 20 %}{% else %}Flu: ask.{% endif %}") == [
        f"{OFFER}:1:1: The message comes out empty. Write words for every case."
    ]


def test_a_number_that_is_not_set_yet_may_not_leave_a_message_empty() -> None:
    assert "comes out empty" in said_of("{% if join_number %}Text {{ join_number }}{% endif %}")[0]


def test_comparing_a_text_with_a_number_is_a_fault() -> None:
    assert (
        "A text is compared with a number."
        in said_of("{% if organisation > 3 %}Flu{% else %}Ask{% endif %}")[0]
    )


def test_care_22_what_a_locked_phone_shows_is_warned_of() -> None:
    report = check({**small.FILES, OFFER: "Think Family: your Baby and flu. Ask."}, TODAY)
    assert [str(warning) for warning in report.warnings] == [
        f"{OFFER}:1:1: The first 40 characters show 'baby' on a locked phone. "
        "Begin with something that tells less."
    ]


def test_care_22_the_forty_first_character_is_not_shown() -> None:
    assert check({**small.FILES, OFFER: "a" * 40 + "baby"}, TODAY).warnings == ()
    assert check({**small.FILES, OFFER: "a" * 36 + "baby"}, TODAY).warnings != ()


def squeezed(report: Report) -> list[tuple[int, str]]:
    """(line, who) of each fault about the cap."""
    return [(fault.line, fault.message[: fault.message.index(":")]) for fault in report.faults]


def test_p8_three_essential_steps_fit_when_the_last_has_a_week_more() -> None:
    """Whoever joins on 20w+4 gets the third on 21w+4."""
    assert with_steps(essentials("20w+5", "20w+6", "21w+5")).ok
    assert not with_steps(essentials("20w+5", "20w+6", "21w+4")).ok


def test_p8_three_essential_steps_in_one_week_do_not_fit() -> None:
    """Who joins until 20w+4 gets two, and the third may go a week after the first."""
    report = with_steps(essentials("20w+5", "20w+6", "21w"))
    assert [str(fault) for fault in report.faults] == [
        "campaigns/flu.yaml:22:17: A mother who joins at 0w+0 of pregnancy would never get this: "
        "others fill the days until it closes (145 joining days). "
        "Open it for longer, close it on another day, or make fewer steps essential."
    ]


def test_p8_who_joins_on_the_last_day_of_two_gets_only_one_of_them() -> None:
    report = with_steps(essentials("22w", "22w"))
    assert squeezed(report) == [(17, "A mother who joins at 21w+6 of pregnancy would never get this")]


def test_p9_a_review_date_within_sixty_days_is_warned_of_at_its_line() -> None:
    assert check(small.FILES, date(2027, 5, 1)).warnings == ()
    (warning,) = check(small.FILES, date(2027, 5, 2)).warnings
    assert (warning.path, warning.line, warning.message[:31]) == (
        "campaigns/flu.yaml", 6, "The review date 2027-07-01 is n",
    )  # fmt: skip


def test_p9_a_review_date_that_has_passed_says_that_nothing_is_sent() -> None:
    (warning,) = check(small.FILES, date(2027, 7, 2)).warnings
    assert "has passed: live mode sends nothing" in warning.message


def test_p9_words_that_nobody_approved_are_warned_of_where_approvals_are_known() -> None:
    content = load(small.FILES)
    approved = {
        (words_hash, language)
        for name in ("crisis", "replies")
        for (_, language), words_hash in hashes.words(content.pack(name)).items()
    }
    (warning,) = check(small.FILES, TODAY, approved=Approved(approved)).warnings
    assert str(warning) == (
        "templates/en/flu:1:1: 2 messages are not approved as they stand. "
        "Publish, then: thinkfamily approve flu --language en --by APPROVER"
    )


def test_p9_an_approval_that_an_edit_has_voided_is_told_apart() -> None:
    known = Approved(words=(), texts={("flu", "nudge", "en")})
    said = [fault.message for fault in check(small.FILES, TODAY, approved=known).warnings]
    assert any("Edited since they were approved: nudge. Publish, then:" in one for one in said)
    assert sum("Edited since" in one for one in said) == 1


def test_p9_without_a_database_nothing_is_said_of_approvals() -> None:
    assert check(small.FILES, TODAY, approved=None).warnings == ()


def test_advice_names_what_live_mode_would_refuse_for() -> None:
    said = [str(one.fault) for one in check(small.FILES, TODAY).findings if one.rule == "before-live"]
    assert said == [
        "config/approvers.yaml:1:1: Nobody is named who may approve words.",
        "config/crisis.yaml:2:3: Nobody has reviewed the words by which English is understood.",
        "config/default.yaml:1:46: organisation: privacy_link is not set, or is a placeholder.",
        "config/default.yaml:5:41: Nobody has reviewed English; it is a draft until then.",
        "config/default.yaml:7:1: duty is not filled in "
        "(role, hours, contact, may_see_numbers, when_to_refer).",
        "config/default.yaml:11:1: Nobody has confirmed that Twilio's own keyword answers are off.",
        "config/keywords.yaml:2:13: Nobody has reviewed the words by which English is understood.",
    ]  # not Urdu: a draft, which live mode does not offer


def test_the_table_has_a_line_for_every_step_role_and_channel() -> None:
    table = check(small.FILES, TODAY).table
    assert {(line.step, line.role) for line in table if line.campaign == "flu"} == {
        ("offer", Role.MOTHER), ("offer", Role.FATHER), ("nudge", Role.MOTHER),
    }  # fmt: skip
    text = "Flu: ring 0800 448 0737."
    line = Line("flu", "offer", Role.MOTHER, ChannelName.SMS, "en", len(text), Encoding.GSM_7, 1)
    assert line in table


def test_the_projects_own_content_passes_strictly_and_quickly() -> None:
    """Approvals and reviews are left to people. Three seconds are the most on a machine by itself; here,
    where other tests run beside it, five, and the quickest of three tries counts."""
    files = locate(None)
    took: list[float] = []
    while not took or (min(took) >= 5 and len(took) < 3):
        for remembered in (read, read_campaign, compile):
            remembered.cache_clear()
        began = process_time()
        report = check(files, TODAY)
        took.append(process_time() - began)
    assert min(took) < 5
    assert [str(one.fault) for one in report.findings if one.strict] == []
    texts = [line for line in report.table if line.channel is ChannelName.SMS]
    assert max(line.parts for line in texts if line.language == "en") == 2
    assert max(line.parts for line in texts) <= 5


def test_the_names_of_languages_may_cost_the_other_alphabet_and_nothing_else_in_english() -> None:
    assert any("doubles the price" in fault for fault in said_of("Flu: ask اردو."))
    menu = {"templates/en/replies/ask_language.j2": "Which?\n{{ menu }}\n"}
    own = small.DEFAULT.replace("name: Urdu", "name: اردو")
    assert check({**small.FILES, **menu, "config/default.yaml": own}, TODAY).faults == ()


# --- The directory ---------------------------------------------------------------------------------------


def test_an_entry_that_nobody_looked_at_for_a_year_is_warned_of_at_its_line() -> None:
    files = small.changed("config/directory.yaml", "verified: 2026-11-22", "verified: 2025-11-22")
    said = [str(fault) for fault in check(files, date(2026, 11, 23)).warnings]
    assert said == [
        "config/directory.yaml:2:86: line was last verified on 2025-11-22. Ring or open it, and set the day."
    ]
    assert check(files, date(2026, 11, 22)).warnings == ()


def test_an_entry_that_nobody_ever_verified_is_no_warning_for_it_is_never_sent() -> None:
    assert "unseen" not in "".join(map(str, check(small.FILES, date(2031, 1, 1)).warnings))


def test_every_service_of_the_real_directory_fits_an_answer_and_every_topic_has_one_or_says_so() -> None:
    """REGISTERING alone has none: the register office's number is to be checked."""
    config = ours.content().config
    assert [topic for topic in config.asked_about if not _usable(config, topic)] == ["registering"]


def _usable(config: Config, topic: str) -> bool:
    behind = {"safe": "abuse"}.get(topic, topic)
    return any(one.usable and behind in one.topics for one in config.services)


def test_a_persona_that_cannot_be_is_a_mistake_at_its_line() -> None:
    files = small.changed("config/personas.yaml", "born: 2027-07-03", "loss: 2026-07-03")
    assert "config/personas.yaml:6:11: That is before anyone joined." in "\n".join(
        map(str, check(files, TODAY).faults)
    )


def test_a_day_of_the_calendar_that_nobody_verified_is_a_warning_and_no_fault() -> None:
    """Nothing is sent for it; the campaign may be written, read and approved meanwhile."""
    steps = "  - id: week\n    to: [mother]\n    when: {calendar: %s}\n"
    said = "Nobody has verified when %s is next (config/calendar.yaml): nothing is sent."
    assert with_steps(steps % "kept").warnings == ()
    report = with_steps(steps % "unkept")
    assert report.faults == ()
    assert [fault.message.partition(" Find")[0] for fault in report.warnings] == [said % "unkept"]


def test_words_that_would_go_without_their_picture_are_a_mistake() -> None:
    assert check(WITH, TODAY).faults == ()
    path = "templates/en/flu/offer.telegram.j2"
    (fault,) = check({**WITH, path: "Flu. " * 210}, TODAY).faults
    assert str(fault).startswith(f"{path}:1:1: This comes to 1049 characters; beneath a picture 1024 fit.")
