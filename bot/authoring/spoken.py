"""Spoken: when a step goes and to whom, as one would say it to a midwife or a translator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from bot.domain.address import ChannelName
from bot.domain.campaign import Anchor, Moment, MonthDay, Season, Step
from bot.domain.family import Role
from bot.words.render import FALLBACK, step_paths

_LEAP_YEAR = 2028  # every day of any year is in it
CHANNELS = {ChannelName.SMS: "SMS", ChannelName.TELEGRAM: "Telegram"}
Reader = tuple[Role, ChannelName]


def when(step: Step) -> str:
    """ "16 weeks of pregnancy, until 32 weeks of pregnancy; only 1 September to 31 March"."""
    until = "for a week" if step.until is None else f"until {moment(step.until)}"
    season = "" if step.season is None else f"; only {_season(step.season)}"
    return f"{moment(step.when)}, {until}{season}"


def moment(one: Moment) -> str:
    """One moment, from what it counts."""
    match one.anchor:
        case Anchor.DUE:
            weeks, days = divmod(one.days, 7)
            more = f" and {_many(days, 'day')}" if days else ""
            return f"{_many(weeks, 'week')}{more} of pregnancy"
        case Anchor.BIRTH | Anchor.CORRECTED if one.months or one.days >= 28:
            early = ", counted from the due date if early" if one.anchor is Anchor.CORRECTED else ""
            return f"age {_length(one)}{early}"
        case Anchor.BIRTH | Anchor.CORRECTED:
            return "the day of birth" if one.days == 0 else f"day {one.days} after the birth"
        case Anchor.DATE:
            assert one.on is not None
            return _day(one.on)
        case Anchor.CALENDAR:
            return (one.name or "").replace("_", " ")
    return f"{_length(one)} {_AFTER[one.anchor]}{one.step or ''}"


_AFTER = {
    Anchor.JOINED: "after joining",
    Anchor.LOSS: "after the loss",
    Anchor.MOVED: "after they moved",
    Anchor.AFTER: "after ",
}


def readers(step: Step, paths: Iterable[str], language: str = FALLBACK) -> dict[str, list[Reader]]:
    """Which of these templates whom reaches: path -> roles and channels, those that are nearest to each."""
    written, found = frozenset(paths), dict[str, list[Reader]]()
    for role in (role for role in Role if role in step.to):
        for channel in ChannelName:
            at = next(
                (path for path in step_paths(step.key, role, channel, language) if path in written), None
            )
            if at is not None:
                found.setdefault(at, []).append((role, channel))
    return found


def whom(those: Iterable[Reader]) -> str:
    """ "mother, father" where both channels read it, "mother (Telegram)" where one does."""
    listed = list(those)
    return ", ".join(_whom(listed))


def _whom(those: list[Reader]) -> Iterator[str]:
    for role in dict.fromkeys(role for role, _ in those):
        channels = [channel for one, channel in those if one is role]
        yield role.value if len(channels) == len(ChannelName) else f"{role.value} ({CHANNELS[channels[0]]})"


def _length(one: Moment) -> str:
    if one.months:
        return _many(one.months, "month")
    weeks, days = divmod(one.days, 7)
    if not weeks or (days and weeks < 4):
        return _many(one.days, "day")
    return f"{_many(weeks, 'week')}{f' and {days} days' if days > 1 else ' and 1 day' if days else ''}"


def _season(season: Season) -> str:
    return f"{_day(season.first)} to {_day(season.last)}"


def _day(on: MonthDay) -> str:
    return f"{date(_LEAP_YEAR, on.month, on.day):%-d %B}"


def _many(number: int, one: str) -> str:
    return f"{number} {one}{'' if number == 1 else 's'}"
