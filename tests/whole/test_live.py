"""Live, as an operator meets it: refused with all that is lacking; started once nothing is."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from bot.content.files import ROOMS
from tests.whole.house import ON_SQLITE, House
from tests.whole.started import PATIENCE, Started, run
from tests.wire.telegram_server import TelegramServer

ROOT = Path(__file__).resolve().parents[2]
APPROVERS = """\
approvers:
  - {id: midwife, name: A. Person, role: Midwife, registration: X1, languages: [en]}
  - {id: officer, name: B. Person, role: Officer, registration: X2, languages: [en]}
authors: [officer]
"""
DUTY = ("role", "hours", "contact", "may_see_numbers", "when_to_refer")


@pytest.fixture
def live(house: House) -> House:
    """The project's own content, with everybody named who must be; the house is set to live."""
    content = house.folder / "content"
    for room in ROOMS:
        shutil.copytree(ROOT / room, content / room)
    (content / "config/approvers.yaml").write_text(APPROVERS)
    default = content / "config/default.yaml"
    text = default.read_text()
    for name in (*DUTY, "twilio_keywords_off_confirmed"):
        value = "2026-11-01" if name.startswith("twilio") else "as agreed"
        assert text.count(f"{name}: null") == 1
        text = text.replace(f"{name}: null", f"{name}: {value}")
    text = text.replace("https://example.org/p ", "https://council.gov.uk/p ").replace(
        "name: English, reviewed: false", "name: English, reviewed: true"
    )
    default.write_text(text)
    for name in ("keywords", "crisis"):
        words = content / f"config/{name}.yaml"
        words.write_text(words.read_text().replace("\n  reviewed: false", "\n  reviewed: true"))
    house.settings.update(THINKFAMILY_MODE="live", THINKFAMILY_CONTENT=str(content))
    return house


@ON_SQLITE
def test_live_says_what_is_lacking_and_starts_once_nothing_is(live: House, telegram: TelegramServer) -> None:
    refused = run(live.folder, live.settings, "run")
    assert refused.process.returncode == 1
    assert "The replies are not published" in refused.logged
    assert "The crisis answers are not published" in refused.logged
    assert "duty" not in refused.logged
    assert telegram.calls == []
    for command in (
        ("publish", "--by", "officer"),
        ("approve", "replies", "--language", "en", "--by", "midwife"),
        ("approve", "crisis", "--language", "en", "--by", "midwife"),
    ):
        done = run(live.folder, live.settings, *command)
        assert done.process.returncode == 0, done.logged
    with Started(live.folder, live.settings, "run") as process:
        process.ready()
        status, body = process.health()
        assert (status, body["mode"]) == (200, "live")
        telegram.text(4242, "JOIN")
        telegram.wait_for(lambda: telegram.sent_to(4242), PATIENCE)
        assert process.terminate() == 0
    assert "live (approved words to everyone who agreed)" in process.said


@ON_SQLITE
def test_live_without_keys_is_refused_by_a_sentence(live: House) -> None:
    del live.settings["THINKFAMILY_KEYS"]
    refused = run(live.folder, live.settings, "run")
    assert refused.process.returncode == 1
    assert refused.logged.strip() == (
        "THINKFAMILY_KEYS is not set. Make a key with `thinkfamily db new-key`."
    )


@ON_SQLITE
def test_a_trial_refuses_content_from_which_a_published_step_vanished(live: House) -> None:
    """Its database may become live, and the record of what was sent hangs on the step's id."""
    settings = live.settings | {"THINKFAMILY_MODE": "trial"}
    with Started(live.folder, settings, "run") as process:
        process.ready()
    campaign = live.folder / "content/campaigns/flu_vaccination.yaml"
    text = campaign.read_text()
    step = re.search(r"- id: (\w+)", text)
    assert step is not None
    campaign.write_text(re.sub(rf"(id|step): {step[1]}\b", r"\1: another", text))
    for words in (live.folder / "content/templates").glob(f"*/flu_vaccination/{step[1]}.*"):
        words.rename(words.with_name(words.name.replace(step[1], "another", 1)))
    refused = run(live.folder, settings, "run")
    assert refused.process.returncode == 1
    assert step[1] in refused.logged
    assert "formerly" in refused.logged


@ON_SQLITE
def test_a_port_that_is_taken_is_said(house: House, telegram: TelegramServer) -> None:
    refused = run(house.folder, house.settings | {"THINKFAMILY_PORT": str(telegram.port)}, "run")
    assert refused.process.returncode == 1
    assert "set THINKFAMILY_PORT" in refused.logged
    assert "Traceback" not in refused.logged
