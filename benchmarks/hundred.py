"""A hundred steps in twenty campaigns, written as authors write them; the words are short and English."""

from __future__ import annotations

from collections.abc import Mapping

from bot.content.files import locate
from bot.content.load import Content, load

PREGNANCY, BABY, CORRECTED = range(9), range(9, 16), range(16, 18)
JOINED, YEARLY = 18, 19
_TO = (
    "[mother]", "[mother, father, partner]", "[mother]", "[father, partner]", "[mother, grandparent]",
    "[mother, father, partner, grandparent]",
)  # fmt: skip
_FOR = (
    "",
    "",
    "for: {area: [m13, m40]}",
    "",
    "for: {joined_before: 20w}",
    "",
    "for: {under_20: true}",
)
_IMPORTANCE = ("essential", "helpful", "helpful", "extra")
_TOPICS = ("flu", "crying", "sleep", "booking")
_DATES = ("9 October", "1 March", "20 May", "15 July", "10 December")
_JOINED = ("1d", "4d", "14d", "60d", "180d")
APPROVERS = """\
approvers:
  - {id: midwife, name: A. Person, role: Midwife, registration: X1, languages: [en]}
authors: [officer]
"""


def files(retimed: str = "", campaigns: int = 20) -> Mapping[str, str]:
    """The project's own config and replies, and five steps a campaign; `retimed` opens two days later."""
    ours = {path: text for path, text in locate(None).items() if _kept(path)}
    ours["config/approvers.yaml"] = APPROVERS
    for number in range(campaigns):
        name = f"campaign{number:02d}"
        ours[f"campaigns/{name}.yaml"] = _campaign(name, number, retimed)
        for step in range(5):
            ours[f"templates/en/{name}/step{step}.j2"] = f"{name}: ask your midwife about {step}.\n"
    return ours


def content(retimed: str = "", campaigns: int = 20) -> Content:
    """The same, loaded."""
    return load(files(retimed, campaigns))


def _kept(path: str) -> bool:
    return path.startswith(("config/", "templates/en/replies/", "templates/en/_"))


def _campaign(name: str, number: int, retimed: str) -> str:
    head = (
        f'campaign: {name}\ntitle: Campaign {number}\nobjective: "1.2 Maximise"\n'
        f"topic: {_TOPICS[number % 4]}\n"
        "purpose: pregnancy_and_baby\nreview: {owner: Team, sources: [A], review_by: 2030-01-01}\nsteps:\n"
    )
    return head + "".join(_step(number, step, retimed == f"{name}/step{step}") for step in range(5))


def _step(campaign: int, step: int, later: bool) -> str:
    place = campaign * 5 + step
    lines = [
        f"id: step{step}", f"to: {_TO[place % len(_TO)]}", *_when(campaign, step, 2 if later else 0),
        f"importance: {_IMPORTANCE[place % len(_IMPORTANCE)]}",
    ]  # fmt: skip
    audience = _FOR[place % len(_FOR)]
    lines += [audience] if audience and campaign in PREGNANCY else []
    lines += ["unless: [done]"] if step == 3 else ["replies: {DONE: done}"]
    return "  - " + "\n    ".join(lines) + "\n"


def _when(campaign: int, step: int, later: int) -> list[str]:
    """When a step opens and, for every second one, until when: three to six weeks."""
    open_for = 21 + 7 * (step % 4) if step % 2 == 0 else 7
    if campaign == JOINED:
        return [f"when: {{joined: {_JOINED[step]}}}"]
    if campaign == YEARLY:
        return [f"when: {{date: {_DATES[step]}}}"]
    if campaign in PREGNANCY:
        if step == 4:
            return ["when: {after: {step: step0, days: 21}}"]
        day = 50 + (campaign * 4 + step) * 6 + later
        return [f"when: {{pregnancy: {_weeks(day)}}}", f"until: {{pregnancy: {_weeks(day + open_for)}}}"]
    if campaign in CORRECTED:
        months = 2 + 2 * ((campaign - 16) * 5 + step)
        return [f"when: {{age: {months}mo, corrected: true}}"]
    day = 3 * ((campaign - 9) * 5 + step) if campaign < 11 else 30 + 24 * ((campaign - 11) * 5 + step)
    return [f"when: {{day: {day + later}}}", f"until: {{day: {day + later + open_for}}}"]


def _weeks(day: int) -> str:
    return f"{day // 7}w+{day % 7}" if day % 7 else f"{day // 7}w"
