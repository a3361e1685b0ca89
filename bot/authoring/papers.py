"""Papers: the pages of docs/ that are made from the content; a test keeps them in step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from bot.authoring.lives import Kind, Life, life
from bot.authoring.objectives import Served, programmes, served, stages
from bot.content.load import Content
from bot.domain.campaign import Step
from bot.domain.family import Purpose, Role
from bot.domain.timeline import GESTATION, Dates, window

DUES = (date(2027, 7, 1), date(2028, 1, 1))
"""A due date in summer and one in winter: every season meets a late pregnancy and a baby."""

_MONTHS_OLD = 24
_MONTH = 365.25 / 12
_COVERAGE = """\
# What reaches whom, for each objective of the strategy

Made from campaigns/ and config/strategy.yaml by `WRITE_PAPERS=1`; a test fails when they differ. The
headings are those of the Manchester Reducing Infant Mortality Strategy. A number after a role is how many
messages it can get. `thinkfamily coverage` shows the same, with languages.
"""
_LOAD = """\
# How many messages a family gets

Made from campaigns/ and config/ by `WRITE_PAPERS=1`; a test fails when they differ. Nobody here answers
anything, and all traits are assumed. Two numbers are for a birth in July and one in January, where they
differ. The most is one a day and two in seven days; daily in the first ten days of life. What somebody asks
for (support after a loss, reminders) is not in the first three tables.
"""
_ROLES = {
    Role.MOTHER: "mother",
    Role.FATHER: "father",
    Role.PARTNER: "partner",
    Role.GRANDPARENT: "grandparent",
    Role.SIBLING: "sibling",
    Role.CARER: "carer",
}


def strategy_coverage(content: Content) -> str:
    """docs/strategy-coverage.md: objective -> campaigns -> steps -> roles."""
    return "\n".join([_COVERAGE, *_coverage(content), *_programmes(content)]) + "\n"


def load(content: Content) -> str:
    """docs/load.md: messages a month for each role."""
    lives = {
        kind: {role: [life(content, role, kind, due) for due in DUES] for role in _ROLES} for kind in Kind
    }
    return "\n".join([_LOAD, *_by_month(lives), *_bereaved(content), *_staff(content)]) + "\n"


def _coverage(content: Content) -> Iterator[str]:
    theme = ""
    for one in served(content):
        if one.objective.theme != theme:
            theme = one.objective.theme
            yield f"## {one.objective.number[0]}. {theme}"
            yield ""
        yield from _objective(content, one)


def _objective(content: Content, one: Served) -> Iterator[str]:
    yield f"### {one.objective}"
    yield ""
    for reason in (one.objective.answered, one.objective.for_staff):
        if reason is not None:
            yield reason
            yield ""
    if not one.steps:
        yield "No campaign serves it yet."
        yield ""
        return
    roles = ", ".join(f"{role} {number}" for role, number in one.roles.items())
    when = ", ".join(f"{at} {number}" for at, number in stages(content, one).items())
    yield f"Roles: {roles}. When: {when}."
    yield ""
    yield "| Campaign | Steps | For |"
    yield "|---|---|---|"
    for name, steps in one.campaigns.items():
        everyone = [role for role in Role if any(role in step.to for step in steps)]
        yield f"| {name} | {', '.join(step.id for step in steps)} | {', '.join(everyone)} |"
    yield ""


def _programmes(content: Content) -> Iterator[str]:
    yield "## Programmes that the strategy names"
    yield ""
    yield "| Programme | Objective | Campaigns |"
    yield "|---|---|---|"
    for name, number, campaigns, lacking in programmes(content):
        said = ", ".join(one for one in campaigns if one not in lacking) or "none yet"
        yield f"| {name} | {number} | {said} |"


_TITLES = {
    Kind.TYPICAL: "Joined at 8 weeks, born on the due date",
    Kind.LATE: "Joined at 34 weeks",
    Kind.EARLY: "Joined at 8 weeks, born at 31 weeks (and at home at once, which is the most that can come)",
}


def _by_month(lives: Mapping[Kind, Mapping[Role, Sequence[Life]]]) -> Iterator[str]:
    for kind, of_roles in lives.items():
        yield f"## {_TITLES[kind]}"
        yield ""
        yield f"| Month | {' | '.join(_ROLES.values())} |"
        yield "|---|" + "---|" * len(_ROLES)
        for name, first, last in _months(kind):
            cells = [_cell([_between(one, first, last) for one in of_role]) for of_role in of_roles.values()]
            if any(cell != "-" for cell in cells):
                yield f"| {name} | {' | '.join(cells)} |"
        sums = [_cell([len(one.sent) for one in of_role]) for of_role in of_roles.values()]
        yield f"| in all | {' | '.join(sums)} |"
        yield ""


def _months(kind: Kind) -> Iterator[tuple[str, float, float]]:
    """(name, first day, day after the last), from the birth; before it in blocks of four weeks."""
    born = {Kind.EARLY: 31 * 7}.get(kind, GESTATION.days)
    for start in range(0, born, 28):
        end = min(start + 28, born)
        yield f"weeks {start // 7} to {(end - 1) // 7}", start - born, end - born
    for month in range(_MONTHS_OLD + 1):
        name = "first month" if month == 0 else f"{month} month{'s' if month > 1 else ''} old"
        yield name, month * _MONTH, (month + 1) * _MONTH
    yield "later", (_MONTHS_OLD + 1) * _MONTH, 10_000


def _between(one: Life, first: float, last: float) -> int:
    return sum(first <= (day - one.born).days < last for day, _ in one.sent)


def _cell(numbers: Sequence[int]) -> str:
    shown = dict.fromkeys(numbers)
    return "-" if not any(numbers) else " / ".join(map(str, shown))


def _bereaved(content: Content) -> Iterator[str]:
    """What who asks for it can get after a loss, by the week in which it opens."""
    yield "## After a loss, for who asks for it"
    yield ""
    yield "Nothing else comes, to anyone in the family. Each may be refused, and STOP ends all."
    yield ""
    yield "| Opens | Message | For |"
    yield "|---|---|---|"
    lost = date(2027, 4, 1)
    rows = []
    for step in _of(content, Purpose.SUPPORT_AFTER_LOSS):
        yearly = step.when.on is not None or step.when.name is not None
        span = window(step, Dates(loss=lost, joined=lost), content.config.calendar, 2027 if yearly else None)
        if span is not None:
            opens = f"every {span.opens:%-d %B}" if yearly else _after(span.opens - lost)
            rows.append((yearly, span.opens, opens, step))
    for _, _, opens, step in sorted(rows, key=lambda row: (row[0], row[1], row[3].key)):
        yield f"| {opens} | {'/'.join(step.key)} | {', '.join(role for role in Role if role in step.to)} |"
    yield ""


def _after(time: timedelta) -> str:
    days = time.days
    if days < 14:
        return f"{days} days"
    return f"{days // 7} weeks" if days < 84 else f"{round(days * 12 / 365.25)} months"


def _staff(content: Content) -> Iterator[str]:
    """What somebody at work with families gets, by month since they joined."""
    lives = [life(content, Role.PROFESSIONAL, Kind.TYPICAL, due) for due in DUES]
    yield "## Professionals, who opt in by a code of staff's"
    yield ""
    yield "| Since joining | messages |"
    yield "|---|---|"
    counts = [Counter(int((day - one.joined).days / _MONTH) for day, _ in one.sent) for one in lives]
    for month in range(12):
        yield f"| month {month + 1} | {_cell([count[month] for count in counts])} |"
    later = [sum(number for month, number in count.items() if month >= 12) for count in counts]
    yield f"| later | {_cell(later)} |"
    yield f"| in all | {_cell([len(one.sent) for one in lives])} |"


def _of(content: Content, purpose: Purpose) -> Iterator[Step]:
    for campaign in content.campaigns.values():
        if campaign.purpose is purpose:
            yield from (step for step in campaign.steps if not step.retired)
