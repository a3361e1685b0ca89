"""config/directory.yaml and config/neighbourhoods.yaml as the domain has them, and what is wrong in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from bot.content.directory_schema import (
    DirectoryFile,
    NeighbourhoodFile,
    NeighbourhoodsFile,
    ServiceFile,
    SpanFile,
)
from bot.content.document import Document, read
from bot.domain.directory import Directory, Neighbourhood, Service, district
from bot.domain.opening import Hours, Span
from bot.errors import Fault

PATH = "config/directory.yaml"
_A_YEAR = 365  # days after which somebody must look again


def directory(services: DirectoryFile, places: NeighbourhoodsFile) -> Directory:
    """Everything that people may be pointed to, and the neighbourhoods whose postcodes somebody verified."""
    return Directory(
        tuple(_service(entry) for entry in services.services),
        tuple(_neighbourhood(entry) for entry in places.neighbourhoods),
    )


def misplaced(document: Document, file: DirectoryFile, known: set[str]) -> Iterator[Fault]:
    """Places of services that are neither a neighbourhood nor a postcode district."""
    for index, entry in enumerate(file.services):
        for field, places in (("areas", entry.areas), ("near", entry.near)):
            for place in places:
                if place not in known and district(place) is None:
                    yield document.fault(
                        ("services", index, field),
                        f"{place} is no neighbourhood. Write an id of config/neighbourhoods.yaml, or m14.",
                    )


def stale(text: str, services: Directory, today: date) -> Iterator[Fault]:
    """Entries of the file that nobody has looked at for a year, at their line; its text was read before."""
    document = read(PATH, text)
    for index, service in enumerate(services.services):
        if service.verified is not None and (today - service.verified).days > _A_YEAR:
            yield document.fault(
                ("services", index, "verified"),
                f"{service.id} was last verified on {service.verified}. Ring or open it, and set the day.",
            )


def _service(entry: ServiceFile) -> Service:
    return Service(
        entry.id,
        entry.name,
        frozenset(entry.topics),
        phone=entry.phone,
        text=entry.text,
        web=entry.web,
        ask=entry.ask,
        audience=frozenset(entry.who),
        areas=frozenset(entry.areas),
        near=frozenset(entry.near),
        languages=frozenset(entry.languages),
        hours=_hours(entry),
        source=entry.source,
        verified=entry.verified,
        after_loss=entry.after_loss,
    )


def _hours(entry: ServiceFile) -> Hours | None:
    if entry.hours is None:
        return None
    if not entry.hours:
        return Hours(always=True)
    return Hours(tuple(map(_span, entry.hours)), bank_holidays=entry.bank_holidays == "open")


def _span(entry: SpanFile) -> Span:
    return Span(entry.days, entry.start, entry.end)


def _neighbourhood(entry: NeighbourhoodFile) -> Neighbourhood:
    seen = entry.districts if entry.verified is not None else ()
    return Neighbourhood(entry.id, entry.name, entry.part, frozenset(seen))
