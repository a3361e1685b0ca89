"""One family's two years, as they would read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.domain import hours
from bot.rehearsal.days import Heard


def lines(heard: Iterable[Heard], names: dict[str, str]) -> Iterator[str]:
    """Each message with its London day and time; `names` says who a number is."""
    for one in sorted(heard, key=lambda item: item.at):
        moment = one.at.astimezone(hours.LONDON)
        who = names.get(one.who, "someone")
        arrow = f"to {who}" if one.ours else f"{who} writes"
        yield f"{moment:%a %d %b %Y %H:%M}  {arrow:<22} {one.body}"
