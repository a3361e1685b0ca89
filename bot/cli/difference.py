"""The command that holds two versions of the content side by side: diff."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bot.authoring import diff as differing
from bot.authoring.diff import Difference
from bot.cli import show
from bot.content import history
from bot.content.files import ROOMS, Files
from bot.content.load import Content, as_far_as_it_can_be_read, load
from bot.domain.campaign import Step
from bot.domain.revision import LiveStep

if TYPE_CHECKING:
    from bot.services.touching import Touched

app = show.commands()
_TITLES = {
    "added": "new",
    "retimed": "re-timed",
    "renamed": "renamed",
    "retired": "retired",
    "removed": "gone",
}


@app.command(epilog="Example: thinkfamily diff main --live")
def diff(
    old: str = typer.Argument(metavar="OLD", help="A folder, or a revision of git such as main."),
    new: str = typer.Argument("", metavar="[NEW]", help="The same; the content in use if left out."),
    words: bool = typer.Option(False, "--words", help="Show the English words before and after."),
    live: bool = typer.Option(
        False, "--live", help="Ask the database whom each change would concern. Nothing is changed by it."
    ),
) -> None:
    """Show what two versions of the content differ in, step by step.

    With --live: for how many members who are enrolled now a changed step is still to come, who would miss
    it, and whether anybody would get it twice; then the exit code is 1.
    """
    before, strange = as_far_as_it_can_be_read(_files(old))
    after = load(_files(new) if new else show.content(None))
    if strange:
        mistakes = show.counted(len(strange), "mistake")
        show.say(f"By the rules of today {old} has {mistakes}; what of it can be read is compared.")
    found = differing.diff(before, after)
    touched = _touched(before, after, found) if live and found else {}
    for one in found:
        for line in _lines(one, touched):
            show.say(line)
        if words:
            for line in _words(before, after, one):
                show.say(line)
    show.say(_sum(found))
    if live:
        _judge(touched)


def _files(named: str) -> Files:
    folder = Path(named)
    if all((folder / room).is_dir() for room in ROOMS):
        return show.content(folder)
    return history.at(named, show.home(None))


def _lines(one: Difference, touched: Mapping[str, Touched]) -> Iterator[str]:
    if one.gone:
        yield f"{one.name}: the whole campaign is gone. Publishing refuses that: retire its steps instead."
        return
    yield f"{one.name}:"
    changes = one.changes
    for kind, title in _TITLES.items():
        named = getattr(changes, kind)
        pairs = named.items() if isinstance(named, Mapping) else ((step, step) for step in named)
        for before, step in pairs:
            shown = step if before == step else f"{before} -> {step}"
            yield f"  {title:<9} {shown}{_reach(one, step, touched)}"
            yield from (
                f"            {key.key}: {key.before} -> {key.after}"
                for key in one.moved.get(step, ())
                if kind == "retimed"
            )
            if kind == "removed" and one.old:
                yield "            Publishing refuses this: write formerly, or retired: true."
    for step, languages in changes.reworded.items():
        yield f"  re-worded {step} ({', '.join(languages)}){_reach(one, step, touched)}"


def _reach(one: Difference, step: str, touched: Mapping[str, Touched]) -> str:
    reach = touched.get(f"{one.name}/{step}")
    if reach is None:
        return ""
    said = [f"still to come for {show.counted(reach.ahead, 'member')}", f"sent to {reach.had}"]
    said += [f"{reach.missing} would miss it"] if reach.missing else []
    said += [f"{reach.twice} WOULD GET IT TWICE"] if reach.twice else []
    return f": {', '.join(said)}"


def _words(before: Content, after: Content, one: Difference) -> Iterator[str]:
    names = {now: was for was, now in one.changes.renamed.items()}
    for step, languages in one.changes.reworded.items():
        if "en" in languages:
            was = differing.texts(before, one.name, names.get(step, step), "en")
            now = differing.texts(after, one.name, step, "en")
            for variant in sorted(was.keys() | now.keys()):
                if was.get(variant) != now.get(variant):
                    yield f"  {one.name}/{step}{'.' if variant else ''}{variant}"
                    yield f"    - {was.get(variant, '(nothing)')}"
                    yield f"    + {now.get(variant, '(nothing)')}"


def _sum(found: Sequence[Difference]) -> str:
    if not found:
        return "Nothing differs."
    counts = {title: sum(len(getattr(one.changes, kind)) for one in found) for kind, title in _TITLES.items()}
    counts["re-worded"] = sum(len(one.changes.reworded) for one in found)
    said = ", ".join(f"{number} {title}" for title, number in counts.items() if number)
    return f"{said or 'Only whole campaigns'}, in {show.counted(len(found), 'campaign')}."


def _touched(before: Content, after: Content, found: Sequence[Difference]) -> Mapping[str, Touched]:
    """Asked of the database, which is opened for this alone."""
    from bot.cli import opening
    from bot.services.touching import Change, Everything, touching

    changed = {
        f"{one.name}/{step}": Change(one.old.get(step), one.new.get(step))
        for one in found
        for step in _steps(one)
    }
    every = Everything(_live(before), _live(after), before.config.calendar, after.config.calendar)
    with opening.opened() as opened, show.busy("Looking at everybody"):
        return touching(opened.desk, changed, every, show.now())


def _steps(one: Difference) -> Iterator[str]:
    """The steps of a campaign that changed in any way, by their new ids."""
    changes = one.changes
    named = {*changes.added, *changes.retimed, *changes.reworded, *changes.renamed.values()}
    named |= {*changes.retired, *changes.removed}
    yield from sorted(step for step in named if step in one.old or step in one.new)


def _live(content: Content) -> list[LiveStep]:
    steps: list[Step] = [step for campaign in content.campaigns.values() for step in campaign.steps]
    return [LiveStep(step, 0) for step in steps if not step.retired]


def _judge(touched: Mapping[str, Touched]) -> None:
    """Nobody may get anything twice (P4)."""
    twice = sum(one.twice for one in touched.values())
    if twice:
        show.say(
            f"{show.counted(twice, 'member')} would get a step twice: it is counted from something else now."
        )
        show.say("Give it a new id and retire the old one, or count it from what it was counted from.")
        raise typer.Exit(1)
    keys = sum(one.had for one in touched.values())
    show.say(f"Nobody would get anything twice: {show.counted(keys, 'delivery', 'deliveries')} looked at.")
