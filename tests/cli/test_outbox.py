"""What staff see of messages: ids and codes; words and numbers only by --reveal; why; the sums."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.domain.outbox import State
from bot.store import audit
from bot.store.outbox import pack
from bot.store.tables import outbox
from tests import rows
from tests.cli.terminal import Terminal
from tests.rows import Someone

WORDS = "Flu: ring 0800 448 0737."


@pytest.fixture
def who(terminal: Terminal) -> Someone:
    """A mother at 07700 900123."""
    with terminal.app() as app:
        now = app.clock()
        return app.desk.database.write(lambda conn: rows.someone(conn, app.desk.seal, now, 123))


def message(terminal: Terminal, who: Someone, state: str = "sent", **columns: object) -> int:
    """A message to her whose words are kept; gives its id."""
    with terminal.app() as app:
        tried = app.clock() - timedelta(minutes=30)
        values = {
            "state": state, "sealed": app.desk.seal.seal("outbox.body", pack(WORDS)), "attempts": 1,
            "attempted_at": tried, "parts": 1,
        }  # fmt: skip
        return app.desk.database.write(
            lambda conn: rows.row(conn, who, app.clock(), **(values | columns))  # type: ignore[arg-type]
        )


def state(terminal: Terminal, outbox_id: int) -> str:
    with terminal.app() as app:
        return str(app.desk.database.read(lambda conn: rows.of(conn, outbox_id)).state)


def reveals(terminal: Terminal) -> set[str]:
    with terminal.app() as app:
        acts = app.desk.database.read(audit.listed)
    return {act.subject for act in acts if act.what.startswith("reveal")}


def private(said: str) -> bool:
    return "900123" in said or "0800 448" in said  # four digits may stand in an id


def test_list_says_what_became_of_each_and_reveals_nothing(terminal: Terminal, who: Someone) -> None:
    sent = message(terminal, who)
    failed = message(terminal, who, "failed", reason="refused")
    said = terminal.done("outbox", "list").out
    lines = {line.split()[0]: line.split() for line in said.splitlines() if line.strip()}
    assert lines[str(sent)][1:3] == ["flu/offer", "sent"]
    assert (lines[str(failed)][2], lines[str(failed)][-1]) == ("failed", "refused")
    assert not private(said)
    assert not reveals(terminal)


def test_list_is_narrowed_by_state_campaign_and_family(terminal: Terminal, who: Someone) -> None:
    kept, other = message(terminal, who, "failed"), message(terminal, who, day=None, campaign="icon")
    for options in (("--state", "failed"), ("--campaign", "flu")):
        said = terminal.done("outbox", "list", *options)
        assert kept in said.ids
        assert other not in said.ids
    assert terminal.done("outbox", "list", "--family", 5).out == "No message fits.\n"
    assert other in terminal.done("outbox", "list", "--family", who.family_id).ids
    assert "The newest 1; --limit shows more." in terminal.done("outbox", "list", "--limit", 1).out
    assert "--state" in terminal.misused("outbox", "list", "--state", "lost")


def test_p11_list_reveals_when_asked_and_writes_down_each(terminal: Terminal, who: Someone) -> None:
    one = message(terminal, who)
    said = terminal.done("outbox", "list", "--reveal").out
    assert "+447700900123" in said
    assert WORDS in said
    assert reveals(terminal) == {f"message {one}"}


def test_show_tells_the_whole_story_without_the_words(terminal: Terminal, who: Someone) -> None:
    one = message(terminal, who, "uncertain", reason="unanswered", provider_code="timeout")
    said = terminal.done("outbox", "show", one).out
    assert "uncertain: it may have left; no clear answer came" in said
    assert "the provider said timeout" in said
    assert f"family {who.family_id}, member {who.member_id}" in said
    assert not private(said)
    assert "There is no message 5." in terminal.refused("outbox", "show", 5)


def test_p11_show_reveals_when_asked_and_says_who_looked_before(terminal: Terminal, who: Someone) -> None:
    one = message(terminal, who)
    said = terminal.done("outbox", "show", one, "--reveal").out
    assert "+447700900123" in said
    assert WORDS in said
    assert "reveal message, by" in terminal.done("outbox", "show", one).out


def test_p4_a_message_in_doubt_is_tried_again_only_when_it_may_double(
    terminal: Terminal, who: Someone
) -> None:
    one = message(terminal, who, "uncertain")
    assert "say --may-double" in terminal.refused("outbox", "retry", one)
    assert state(terminal, one) == "uncertain"
    assert f"Message {one} is queued again." in terminal.done("outbox", "retry", one, "--may-double").out
    assert state(terminal, one) == "queued"
    assert "retry, by" in terminal.done("outbox", "show", one).out


@pytest.mark.parametrize("before", [state for state in State if state is not State.UNCERTAIN])
def test_p4_nothing_else_is_tried_again(terminal: Terminal, who: Someone, before: State) -> None:
    one = message(terminal, who, before.value)
    terminal.refused("outbox", "retry", one, "--may-double")
    assert state(terminal, one) == before.value


def test_why_says_each_row_and_the_events(terminal: Terminal, who: Someone) -> None:
    message(terminal, who, "failed", reason="refused")
    said = terminal.done("why", who.family_id).out
    assert said.startswith(f"member {who.member_id} (mother)\n  flu/offer ")
    assert "failed for" in said
    assert "because: refused" in said
    assert not private(said)


def test_why_explains_one_step_and_an_absence(terminal: Terminal, who: Someone) -> None:
    terminal.done("publish")
    said = terminal.done("why", who.family_id, "flu/offer", "--member", who.member_id).out
    assert "No row: nothing known to count from (due)." in said


def test_why_refuses_what_it_does_not_know(terminal: Terminal, who: Someone) -> None:
    assert "There is no family 5." in terminal.refused("why", 5)
    assert "has no member 5." in terminal.refused("why", who.family_id, "--member", 5)
    assert "write CAMPAIGN/STEP" in terminal.misused("why", who.family_id, "offer")


def test_p5_report_adds_up(terminal: Terminal, who: Someone) -> None:
    for ended in ("sent", "failed", "failed"):
        message(terminal, who, ended, day=None, reason="refused" if ended == "failed" else None)
    said = terminal.done("report").out
    cells = [line.split() for line in said.splitlines()]
    assert ["flu", "3", "1", "2"] in cells
    assert ["mother", "3", "1", "2"] in cells
    assert ["all", "3", "1", "2"] in cells
    assert "2  the provider refused it for good (refused)" in said


def test_report_says_when_nothing_was_planned(terminal: Terminal) -> None:
    assert terminal.done("report").out == "Nothing was planned yet.\n"


def test_report_counts_who_received_a_step_and_names_ids_only_when_asked(
    terminal: Terminal, who: Someone
) -> None:
    terminal.done("publish")
    assert terminal.done("report", "--received", "flu/offer").out == "Nobody has got flu/offer.\n"
    message(terminal, who, "delivered")
    message(terminal, who, "failed")
    said = terminal.done("report", "--received", "flu/offer")
    assert ["mother", "en", "delivered", "1"] in [line.split() for line in said.out.splitlines()]
    assert not said.ids
    revealed = terminal.done("report", "--received", "flu/offer", "--reveal")
    assert revealed.ids == [who.family_id, who.member_id]
    assert reveals(terminal) == {"flu/offer"}


def test_report_refuses_what_was_never_published(terminal: Terminal) -> None:
    assert "was never published" in terminal.refused("report", "--received", "flu/offer")
    terminal.done("publish")
    assert "Its steps are: offer, nudge." in terminal.refused("report", "--received", "flu/nope")
    assert "write CAMPAIGN/STEP" in terminal.misused("report", "--received", "flu")
    assert "goes with --received" in terminal.misused("report", "--reveal")


def test_nothing_of_a_person_is_in_a_story(terminal: Terminal, who: Someone) -> None:
    """Every state, shown: no number, no words."""
    for one in State:
        outbox_id = message(terminal, who, one.value, day=None)
        assert not private(terminal.done("outbox", "show", outbox_id).out)
    with terminal.app() as app:
        count = app.desk.database.read(
            lambda conn: conn.execute(sa.select(sa.func.count()).select_from(outbox)).scalar_one()
        )
    assert count == len(State)


def test_where_a_row_is_too_wide_its_id_stays_whole(terminal: Terminal, who: Someone) -> None:
    sent = message(terminal, who, campaign="c" * 60)
    said = terminal.done("outbox", "list").out
    assert said.startswith(f"{sent}  ")
    assert f"{'c' * 60}/offer, family {who.family_id}\n" in said
