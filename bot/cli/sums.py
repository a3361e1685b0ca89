"""The table of sums: what was planned of each campaign, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter

from bot.cli import saying, show
from bot.domain.outbox import State
from bot.services.reports import Line

TITLE = "Planned = sum of outcomes"
_ROLE = "  "  # a role stands under its campaign


def table(sums: Sequence[Line]) -> None:
    """A line a campaign, its roles below it, and all of it at the end; only the outcomes that occur."""
    rows = list(_rows(sums))
    occurring = [state for state in State if rows[-1][1][state]]
    show.table(
        TITLE,
        ["campaign", "planned", *occurring],
        [(name, found.total(), *(found[state] or None for state in occurring)) for name, found in rows],
        numbers=True,
        narrow=[f"{TITLE}\n", *(_sentence(name, found) for name, found in rows), ""],
    )


def _rows(sums: Sequence[Line]) -> Iterator[tuple[str, Counter[str]]]:
    """What each line is about, and its outcomes."""
    for campaign, lines in groupby(sums, attrgetter("campaign")):
        its = list(lines)
        yield campaign, _outcomes(its)
        for line in its:
            yield f"{_ROLE}{line.role}", _outcomes([line])
    yield "all", _outcomes(sums)


def _outcomes(lines: Iterable[Line]) -> Counter[str]:
    total: Counter[str] = Counter()
    for line in lines:
        total.update(line.outcomes)
    return total


def _sentence(name: str, found: Counter[str]) -> str:
    """The same without columns: "safe_sleep: 350 planned, 349 sent, 1 expired"."""
    ends = [f"{found[state]} {state}" for state in State if found[state]]
    return f"{name}: {', '.join([f'{found.total()} planned', *ends])}"


def reasons(found: Mapping[str, int]) -> None:
    """Why rows ended unsent or still wait, the most frequent first."""
    show.say("Not sent, or not yet, and why:" if found else "Everything that was due was sent.")
    for reason, count in found.items():
        show.say(f"{count:>8}  {saying.why(reason)} ({reason})")
