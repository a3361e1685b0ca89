"""The directory: services that a message or a reply may point to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.family import Role


@dataclass(frozen=True, slots=True)
class Service:
    """One service. Empty `audience`, `areas` and `languages` mean everyone.

    `usable` is true when someone has read its page and nothing asks for a check; only such a service
    is ever sent. `phone` and `text` are as people dial and write them, `web` a link without http://.
    """

    id: str
    name: str
    topics: frozenset[str]
    phone: str | None = None
    text: str | None = None
    web: str | None = None
    audience: frozenset[Role] = frozenset()
    areas: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    hours: str | None = None
    source: str | None = None
    usable: bool = False

    @property
    def contact(self) -> str | None:
        """The one way to reach it that fits a text: the number, else the text word, else the link."""
        return self.phone or self.text or self.web


def find(
    directory: Sequence[Service],
    topic: str,
    *,
    role: Role | None = None,
    language: str | None = None,
    area: str | None = None,
) -> Service | None:
    """The usable service that answers a reply about `topic`; None where there is none for this person.

    A service for the person's own language or area goes before one for everyone; otherwise the
    directory's order decides. Without `language` or `area` only services for everyone are meant.
    """
    fitting = [
        service
        for service in directory
        if service.usable
        and service.contact is not None
        and topic in service.topics
        and (not service.audience or role is None or role in service.audience)
        and (not service.languages or language in service.languages)
        and (not service.areas or area in service.areas)
    ]
    return min(fitting, key=lambda service: -bool(service.languages) - bool(service.areas), default=None)


def topics(directory: Sequence[Service]) -> frozenset[str]:
    """Every topic that some service, usable or not, stands for."""
    return frozenset(topic for service in directory for topic in service.topics)
