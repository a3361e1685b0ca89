"""The directory: services that a message or a reply may point to, and where in the city people are."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.domain.family import Role
from bot.domain.opening import Hours, Opening, OpeningState, opening

_DISTRICT = re.compile(r"(m|ol|sk)([1-9][0-9]?)")
_POSTCODE = re.compile(r"([a-z]{1,2}[0-9]{1,2}) ?(?:[0-9][a-z]{2})?")


@dataclass(frozen=True, slots=True)
class Service:
    """One service. Empty `audience`, `areas` and `languages` mean everyone.

    `verified` is the day on which somebody last saw that it is right; None: nobody did, and then it is
    never sent. `phone` and `text` are as people dial and write them, `web` a link without http://, `ask`
    what to do where there is none of them. `areas`: only for people there; `near`: where it is, for
    everybody. `after_loss`: it may be named to somebody who told us of a loss.
    """

    id: str
    name: str
    topics: frozenset[str]
    phone: str | None = None
    text: str | None = None
    web: str | None = None
    ask: str | None = None
    audience: frozenset[Role] = frozenset()
    areas: frozenset[str] = frozenset()
    near: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    hours: Hours | None = None
    source: str | None = None
    verified: date | None = None
    after_loss: bool = False

    @property
    def usable(self) -> bool:
        """Whether it may be sent: somebody saw that it is right, and it can be reached."""
        return self.verified is not None and self.contact is not None

    @property
    def contact(self) -> str | None:
        """The first way to reach it: the number, else the text word, else the link, else what to do."""
        return self.phone or self.text or self.web or self.ask


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A part of the city, and the postcode districts that somebody saw are in it; unseen, it has none."""

    id: str
    name: str
    part: str
    districts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Directory:
    """Every service, usable or not, in its order, and the neighbourhoods."""

    services: tuple[Service, ...] = ()
    neighbourhoods: tuple[Neighbourhood, ...] = ()
    _on: Mapping[str, tuple[Service, ...]] = field(init=False, repr=False, compare=False)
    _placed: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """File what may be sent by its topics, since each answer looks for one topic."""
        on: dict[str, tuple[Service, ...]] = {}
        for service in self.services:
            for topic in service.topics if service.usable else ():
                on[topic] = (*on.get(topic, ()), service)
        placed = frozenset(one.id for one in self.neighbourhoods if one.districts)
        known = {topic for topic, some in on.items() if any(_lies_in(one, placed) for one in some)}
        object.__setattr__(self, "_on", on)
        object.__setattr__(self, "_placed", frozenset(known))

    def find(
        self,
        topic: str,
        now: datetime,
        *,
        role: Role | None = None,
        language: str | None = None,
        area: str | None = None,
        after_loss: bool = False,
        but: Collection[str] = (),
    ) -> list[tuple[Service, Opening]]:
        """The services that answer a question about `topic`, the best first, each as it stands at `now`.

        A service in the person's own language goes before the others, then one near them, then one that
        is not shut; otherwise the directory's order decides. Without `language` or `area` only services
        for everyone are meant. `after_loss` leaves out what speaks of a baby; `but` are ids not wanted.
        """
        places = self.places(area)
        found = [
            (service, opening(service.hours, now))
            for service in self._on.get(topic, ())
            if service.id not in but
            and (service.after_loss or not after_loss)
            and (not service.audience or role is None or role in service.audience)
            and (not service.languages or language in service.languages)
            and (not service.areas or not places.isdisjoint(service.areas))
        ]
        return sorted(
            found,
            key=lambda one: (
                not one[0].languages,
                places.isdisjoint(one[0].areas | one[0].near),
                one[1].state is OpeningState.SHUT,
            ),
        )

    def places(self, area: str | None) -> frozenset[str]:
        """What an area is part of: itself, and each neighbourhood that it reaches into."""
        if not area:
            return frozenset()
        return frozenset({area}) | {one.id for one in self.neighbourhoods if area in one.districts}

    def asks_where(self, topic: str) -> bool:
        """Whether it makes a difference to the answer where somebody lives, as far as we can place them."""
        return topic in self._placed

    @property
    def topics(self) -> frozenset[str]:
        """Every topic that some service, usable or not, stands for."""
        return frozenset(topic for service in self.services for topic in service.topics)


def _lies_in(service: Service, places: frozenset[str]) -> bool:
    return not places.isdisjoint(service.areas | service.near)


def district(text: str) -> str | None:
    """The postcode district of a postcode or of its first half ("M14 5RX", "sk4"): "m14"; None for any
    other text, and for postcodes beyond Greater Manchester's M, OL and SK."""
    written = _POSTCODE.fullmatch(" ".join(text.casefold().split()))
    if written is None:
        return None
    return written[1] if _DISTRICT.fullmatch(written[1]) else None
