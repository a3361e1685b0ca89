"""Those who are alike are decided once: what is planned for the first is said of the others in their own ids.

A morning's plan asks the one decision some hundreds of times instead of tens of thousands; `domain.alike`
says who is alike. What is remembered is of one moment, of one content, and is forgotten with them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.domain.alike import Facts
from bot.domain.family import Family, Member
from bot.domain.revision import FALLBACK, LiveStep
from bot.services.planned import Planned

_MOST = 4000  # remembered at once: some 10 MiB


@dataclass(frozen=True, slots=True)
class Ids:
    """Whose row it is to be: what those who are alike differ in."""

    family_id: int
    epoch: int
    member_id: int
    address_id: int
    language: str
    pregnancies: Sequence[int]


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A new row as it was planned for one of those alike: `pregnancy` is the place of its own.

    It is in the member's language; where it goes, which `goes` says, in English for want of words."""

    values: dict[str, Any]
    named: str  # how the occurrence begins
    pregnancy: int | None
    goes: LiveStep | None

    def of(self, ids: Ids) -> Planned:
        pregnancy_id = None if self.pregnancy is None else ids.pregnancies[self.pregnancy]
        values = {
            **self.values, "epoch": ids.epoch, "family_id": ids.family_id, "member_id": ids.member_id,
            "address_id": ids.address_id, "pregnancy_id": pregnancy_id, "language": ids.language,
        }  # fmt: skip
        if self.goes is not None and ids.language not in self.goes.words:
            values["language"] = FALLBACK
        if self.named == "p":
            values["occurrence"] = f"p{pregnancy_id}"
        elif self.named == "m":
            values["occurrence"] = f"m{ids.member_id}"
        return Planned(None, values)


@dataclass(frozen=True, slots=True)
class Alike:
    """What was planned for those who are alike; of new rows only.

    `_outlined`: the same by the keys of outlines, which are finer than facts.
    """

    live: Mapping[tuple[str, str], LiveStep] = field(default_factory=dict)
    _known: dict[Facts, list[_Pattern]] = field(default_factory=dict)
    _outlined: dict[Facts, list[_Pattern]] = field(default_factory=dict)

    def recalled(self, key: Facts) -> Sequence[_Pattern] | None:
        """What was planned for one whose outline has this key; None when there was none."""
        return self._outlined.get(key)

    def planned(
        self,
        facts: Facts,
        member: Member,
        family: Family,
        decide: Callable[[], Sequence[Planned]],
        outlined: Facts | None = None,
    ) -> Sequence[Planned]:
        """What `decide` would say of this member, who has these facts: asked only for the first of them.

        It is remembered under the key of their outline, too.
        """
        known = self._known.get(facts)
        if known is not None:
            _keep(self._outlined, outlined, known)
            ids = _ids(member, family)
            return [pattern.of(ids) for pattern in known]
        planned = decide()
        patterns = [self._pattern(one, family) for one in planned]
        _keep(self._known, facts, patterns)
        _keep(self._outlined, outlined, patterns)
        return planned

    def _pattern(self, one: Planned, family: Family) -> _Pattern:
        assert one.stored is None  # a stored row is some member's own
        values = one.values
        places = [place for place, each in enumerate(family.pregnancies) if each.id == values["pregnancy_id"]]
        goes = self.live[values["campaign"], values["step"]] if one.queues else None
        return _Pattern(values, values["occurrence"][:1], places[0] if places else None, goes)


def _keep(known: dict[Facts, list[_Pattern]], key: Facts | None, patterns: list[_Pattern]) -> None:
    if key is None:
        return
    if len(known) >= _MOST:
        known.clear()
    known[key] = patterns


def _ids(member: Member, family: Family) -> Ids:
    assert member.address is not None  # else nothing was planned
    numbers = [one.id for one in family.pregnancies]
    return Ids(family.id, family.epoch, member.id, member.address.id, member.language, numbers)
