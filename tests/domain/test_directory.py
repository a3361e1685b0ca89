"""The directory: only what somebody checked, for this person, in its order."""

from __future__ import annotations

from bot.domain.directory import Service, find
from bot.domain.family import Role


def service(name: str, **more: object) -> Service:
    facts: dict[str, object] = {"topics": frozenset({"sleep"}), "phone": "111", "usable": True} | more
    return Service(name, name, **facts)  # type: ignore[arg-type]


def test_a_service_that_nobody_checked_is_never_given() -> None:
    assert find([service("unchecked", usable=False)], "sleep") is None
    assert find([service("unchecked", usable=False), service("checked")], "sleep") == service("checked")


def test_a_service_that_cannot_be_reached_is_never_given() -> None:
    assert find([service("silent", phone=None)], "sleep") is None


def test_a_service_for_others_is_not_given() -> None:
    for_her = service("hers", audience=frozenset({Role.MOTHER}))
    urdu, east = service("urdu", languages=frozenset({"ur"})), service("east", areas=frozenset({"M14"}))
    assert find([for_her], "sleep", role=Role.FATHER) is None
    assert find([urdu, east], "sleep", language="en", area="M8") is None
    assert find([service("other", topics=frozenset({"flu"}))], "sleep") is None


def test_ones_own_language_goes_before_everyones() -> None:
    urdu = service("urdu", languages=frozenset({"ur"}))
    assert find([service("all"), urdu], "sleep", language="ur") == urdu
