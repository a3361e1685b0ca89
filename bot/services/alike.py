"""Those who are alike are decided once: what is planned for the first is said of the others in their own ids.

A morning's plan asks the one decision some hundreds of times instead of tens of thousands; `domain.alike`
says who is alike. What is remembered is of one moment, of one content, and is forgotten with them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.domain.alike import Facts
from bot.domain.family import Family, Member
from bot.services.planned import Planned

_MOST = 4000  # remembered at once: some 10 MiB


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A new row as it was planned for one of those alike: `pregnancy` is the place of its own."""

    values: dict[str, Any]
    named: str  # how the occurrence begins
    pregnancy: int | None

    def of(self, member: Member, family: Family) -> Planned:
        assert member.address is not None  # else nothing was planned
        own = None if self.pregnancy is None else family.pregnancies[self.pregnancy].id
        values = self.values | {
            "epoch": family.epoch, "family_id": family.id, "member_id": member.id,
            "address_id": member.address.id, "pregnancy_id": own,
        }  # fmt: skip
        if self.named == "p":
            values["occurrence"] = f"p{own}"
        elif self.named == "m":
            values["occurrence"] = f"m{member.id}"
        return Planned(None, values)


@dataclass(frozen=True, slots=True)
class Alike:
    """What was planned for those who are alike; of new rows only."""

    _known: dict[Facts, list[_Pattern]] = field(default_factory=dict)

    def planned(
        self, facts: Facts, member: Member, family: Family, decide: Callable[[], Sequence[Planned]]
    ) -> Sequence[Planned]:
        """What `decide` would say of this member, who has these facts: asked only for the first of them."""
        known = self._known.get(facts)
        if known is not None:
            return [pattern.of(member, family) for pattern in known]
        planned = decide()
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[facts] = [_pattern(one, family) for one in planned]
        return planned


def _pattern(one: Planned, family: Family) -> _Pattern:
    assert one.stored is None  # a stored row is some member's own
    own = one.values["pregnancy_id"]
    places = [place for place, each in enumerate(family.pregnancies) if each.id == own]
    return _Pattern(one.values, one.values["occurrence"][:1], places[0] if places else None)
