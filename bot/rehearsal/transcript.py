"""One family's two years, as they would read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bot.domain import hours
from bot.rehearsal.days import Heard


def messages(heard: Iterable[Heard], names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each message: its London day and time and who it is to or from, then its words.

    `names` says who a number is.
    """
    for one in sorted(heard, key=lambda item: item.at):
        moment = one.at.astimezone(hours.LONDON)
        who = names.get(one.who, "someone")
        yield f"{moment:%a %d %b %Y %H:%M}  {f'to {who}' if one.ours else f'{who} writes'}", one.body
