"""The directory: only what somebody checked, for this person, in its order."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from bot.domain.directory import Directory, Neighbourhood, Service, district
from bot.domain.family import Role
from bot.domain.opening import Hours, Span

NOW = datetime(2026, 11, 23, 11, tzinfo=UTC)  # a Monday
SHUT = Hours((Span(frozenset({5, 6}), time(18), time(22)),))
EAST = Neighbourhood("east", "East", "north", frozenset({"m14"}))


def service(name: str, **more: Any) -> Service:
    facts: dict[str, Any] = {"topics": frozenset({"sleep"}), "phone": "111", "verified": date(2026, 11, 22)}
    return Service(name, name, **facts | more)


def ids(*services: Service, topic: str = "sleep", **person: Any) -> list[str]:
    """The ids of what is found, in order."""
    return [one.id for one, _ in Directory(services, (EAST,)).find(topic, NOW, **person)]


def test_a_service_that_nobody_checked_is_never_given() -> None:
    assert ids(service("unchecked", verified=None), service("checked")) == ["checked"]


def test_a_service_that_cannot_be_reached_is_never_given() -> None:
    assert ids(service("silent", phone=None)) == []
    assert ids(service("told", phone=None, ask="ask your GP")) == ["told"]


def test_a_service_for_others_is_not_given() -> None:
    assert ids(service("hers", audience=frozenset({Role.MOTHER})), role=Role.FATHER) == []
    urdu, east = service("urdu", languages=frozenset({"ur"})), service("east", areas=frozenset({"east"}))
    assert ids(urdu, east, language="en", area="m8") == []
    assert ids(service("other", topics=frozenset({"flu"}))) == []


def test_of_somebody_whose_role_we_do_not_know_nothing_is_kept() -> None:
    assert ids(service("hers", audience=frozenset({Role.MOTHER}))) == ["hers"]


def test_ones_own_language_goes_before_everyones() -> None:
    urdu = service("urdu", languages=frozenset({"ur"}))
    assert ids(service("all"), urdu, language="ur") == ["urdu", "all"]


@pytest.mark.parametrize("place", ["east", "m14"])
def test_what_is_near_goes_first_and_hides_nothing(place: str) -> None:
    near = service("near", near=frozenset({place}))
    assert ids(service("all"), near, area="m14") == ["near", "all"]
    assert ids(service("all"), near, area="m8") == ["all", "near"]
    assert ids(service("all"), near) == ["all", "near"]


def test_what_is_only_for_an_area_is_for_the_people_there() -> None:
    east = service("east", areas=frozenset({"east"}))
    assert ids(east, area="m14") == ["east"]
    assert ids(east, area="m8") == ids(east) == []


def test_what_is_shut_goes_after_what_is_not() -> None:
    shut, night = service("shut", hours=SHUT), service("night", hours=Hours(always=True))
    assert ids(shut, service("unknown"), night) == ["unknown", "night", "shut"]


def test_care_19_after_a_loss_only_what_says_nothing_of_a_baby() -> None:
    assert ids(service("baby"), service("money", after_loss=True), after_loss=True) == ["money"]


def test_what_was_named_is_not_named_again() -> None:
    assert ids(service("first"), service("second"), but=["first"]) == ["second"]


def test_where_somebody_lives_matters_only_for_places_whose_postcodes_are_known() -> None:
    unseen = Neighbourhood("west", "West", "south")
    for place, matters in (("east", True), ("west", False)):
        where = service("one", near=frozenset({place}))
        assert Directory((where,), (EAST, unseen)).asks_where("sleep") is matters
    checked = service("unchecked", near=frozenset({"east"}), verified=None)
    assert not Directory((checked,), (EAST,)).asks_where("sleep")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("M14", "m14"), ("m14 5RX", "m14"), ("m145rx", "m14"), ("M1 1AE", "m1"), ("M90", "m90"),
        ("ol16", "ol16"), ("SK4 1AA", "sk4"), (" sk8  3ab ", "sk8"),
        ("LS6", None), ("m0", None), ("m", None), ("14", None), ("m14 5", None), ("m14 please", None),
        ("", None),
    ],
)  # fmt: skip
def test_a_postcode_gives_its_district_and_nothing_else_does(text: str, found: str | None) -> None:
    assert district(text) == found
