"""Who may do what: the table of CARE 6 to 9, row by row, written out a second time in its words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.conversation import effects as e
from bot.domain.conversation.person import Codes, Person
from bot.domain.conversation.rights import MAY, Deed, Standing, may, standing
from bot.domain.conversation.urgent import reported
from bot.domain.family import Hold, HoldKind, Link, Role
from bot.domain.meaning import LossKind, SaidDate, Word
from tests.speakers import MOTHER, RELATIVE, STRANGER, TODAY, hold, keys, kinds, known, says

ROWS = {  # mother, linked father or partner, another linked relative, by themselves
    Deed.LOSS: "yes yes yes yes",
    Deed.UNDO_OWN: "yes yes yes yes",
    Deed.UNDO_OTHERS: "yes no no no",
    Deed.BIRTH: "yes yes no yes",
    Deed.DUE: "yes no no yes",
    Deed.INVITE: "yes no no no",
    Deed.REMOVE: "yes no no no",
    Deed.LIVING: "yes no no no",
    Deed.MOVED: "yes no no yes",
}
COLUMNS = (Standing.MOTHER, Standing.PARENT, Standing.LINKED, Standing.ALONE)


def alone(role: Role = Role.GRANDPARENT) -> Person:
    """Somebody who joined without a code: their family is theirs."""
    person = known(role)
    assert person.member is not None
    assert person.family is not None
    member = replace(person.member, link=Link.OWN)
    return replace(person, member=member, family=replace(person.family, members=(member,)))


PEOPLE = {
    Standing.MOTHER: known(), Standing.PARENT: known(Role.FATHER),
    Standing.LINKED: known(Role.GRANDPARENT), Standing.ALONE: alone(),
}  # fmt: skip


@pytest.mark.parametrize("deed", Deed)
@pytest.mark.parametrize("place", range(4))
def test_care_6_the_table_of_who_may_do_what(deed: Deed, place: int) -> None:
    allowed = ROWS[deed].split()[place] == "yes"
    assert (COLUMNS[place] in MAY[deed]) == allowed
    assert may(deed, PEOPLE[COLUMNS[place]]) == allowed
    assert not may(deed, STRANGER)


@pytest.mark.parametrize("role", [Role.FATHER, Role.PARTNER])
def test_care_6_a_linked_parent_is_one_and_stays_linked_when_she_is_gone(role: Role) -> None:
    person = known(role)
    assert standing(person) is Standing.PARENT
    assert person.family is not None
    left = replace(person.family, members=tuple(one for one in person.family.members if one.id != MOTHER))
    assert standing(replace(person, family=left)) is Standing.PARENT


BORN = {"word": Word.BORN, "said_date": SaidDate(day=TODAY, past=TODAY)}
DUE = {"word": Word.DUE, "said_date": SaidDate(day=TODAY.replace(month=5))}


@pytest.mark.parametrize(
    ("text", "effect", "deed"),
    [(BORN, e.SetBorn, Deed.BIRTH), (DUE, e.SetDue, Deed.DUE), ({"word": Word.HOME}, e.SetHome, Deed.BIRTH),
     ({"word": Word.APART}, e.SetApart, Deed.BIRTH)],
)  # fmt: skip
@pytest.mark.parametrize("who", COLUMNS)
def test_care_6_the_conversation_goes_by_the_table(
    text: dict[str, Any], effect: type, deed: Deed, who: Standing
) -> None:
    turn = says(PEOPLE[who], **text)
    assert (effect in kinds(turn)) == (who in MAY[deed])
    assert (keys(turn) == ["not_yours"]) == (who not in MAY[deed])


@pytest.mark.parametrize("word", [Word.INVITE, Word.REMOVE])
@pytest.mark.parametrize("who", COLUMNS)
def test_care_6_only_the_mother_invites_and_removes(word: Word, who: Standing) -> None:
    person = replace(PEOPLE[who], codes=Codes(fresh="48271639", invited=1))
    turn = says(person, word=word)
    assert bool(turn.effects) == (who is Standing.MOTHER)
    assert (keys(turn) == ["not_yours"]) == (who is not Standing.MOTHER)


@pytest.mark.parametrize("who", COLUMNS)
def test_care_6_anyone_holds_all_and_all_but_the_mother_alert_staff(who: Standing) -> None:
    told = reported(LossKind.PLAIN, PEOPLE[who])
    assert told[0] == e.ReportLoss(LossKind.PLAIN)
    assert (e.Alert("loss_by_relative") in told) == (who is not Standing.MOTHER)


@pytest.mark.parametrize(
    ("role", "by", "undoes"),
    [(Role.MOTHER, MOTHER, True), (Role.MOTHER, RELATIVE, True), (Role.FATHER, RELATIVE, True),
     (Role.FATHER, MOTHER, False), (Role.GRANDPARENT, MOTHER, False), (Role.GRANDPARENT, 3, False)],
)  # fmt: skip
def test_care_6_one_undoes_ones_own_the_mother_all_and_nobody_hers(role: Role, by: int, undoes: bool) -> None:
    held: Hold = hold(HoldKind.LOSS, by)
    assert (e.UndoLoss in kinds(says(known(role, held), word=Word.UNDO))) == undoes
