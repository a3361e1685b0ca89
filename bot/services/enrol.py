"""Enrol: people join by themselves, at staff's hands or by import; each agrees for themselves (P1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.domain import hours
from bot.domain.address import Address, uk_mobile
from bot.domain.consent import Consent
from bot.domain.family import Family, Link, Purpose, Role, corrected_day
from bot.domain.revision import Mode
from bot.errors import BadInput, DatabaseTrouble, NotAllowed, NotFound, ThinkFamilyError
from bot.services.desk import Desk
from bot.store import addresses, audit, consents, families, household, rotation
from bot.store.addresses import AddressRow

_DUE = (timedelta(weeks=-2), timedelta(weeks=42))  # around today
_BORN = timedelta(days=2 * 366)  # before today
_REFERENCE = "import"


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Who it is now; `known` when they were there already and nothing was changed."""

    family_id: int
    member_id: int
    known: bool = False


@dataclass(frozen=True, slots=True)
class RowReport:
    """What became of one row of an import: enrolled, known or refused (with the error's code); no data."""

    row: int
    outcome: str
    code: str = ""
    family_id: int | None = None


@dataclass(frozen=True, slots=True)
class Joining:
    """What someone who joins has told: dates None where not told; `family_id` where they join one."""

    role: Role
    language: str
    how: str
    consented_words: str
    due_on: date | None = None
    born_on: date | None = None
    joined_on: date | None = None
    family_id: int | None = None
    reference: str | None = None  # keyed hash
    reference_key: str | None = None  # the key that made it
    purposes: Sequence[Purpose] = (Purpose.PREGNANCY_AND_BABY,)


def join(conn: sa.Connection, address: AddressRow, joining: Joining, now: datetime) -> Enrolled:
    """Make a member at this address, of a new family or of the one named, and write their consents.

    Someone already there in the same role is known, and nothing changes. Raises NotAllowed for a second
    mother, NotFound for a family that is not there, BadInput for dates that cannot be.
    """
    today = hours.local_day(now)
    _check(joining, today)
    addresses.hold(conn, address.id)  # whoever enrols the same phone at once comes after us, and is known
    known = _known(conn, address, joining)
    if known is not None:
        return known
    one_kind(conn, address.id, joining.role)
    family_id, link = _family(conn, joining, now)
    families.begin_change(conn, family_id, today)
    _dates(conn, household.load(conn, [family_id])[0], joining)
    member_id = families.add_member(
        conn, family_id, joining.role, joining.language, joining.joined_on or today, link, address.id,
        sees_pregnancy_id=_invited_to(conn, family_id, link),
    )  # fmt: skip
    families.event(
        conn, family_id, "joined", now, member_id, role=joining.role.value, link=link.value, how=joining.how
    )
    for purpose in joining.purposes:
        agreed = Consent(
            family_id, member_id, purpose, address.channel, True, now, joining.how, joining.consented_words
        )
        consents.record(conn, agreed)
    return Enrolled(family_id, member_id)


def enrol(
    desk: Desk,
    *,
    address: Address,
    role: Role,
    language: str,
    how: str,
    consented_words: str,
    now: datetime,
    due_on: date | None = None,
    born_on: date | None = None,
    joined_on: date | None = None,
    family: int | None = None,
    reference: str | None = None,
    purposes: Sequence[Purpose] = (Purpose.PREGNANCY_AND_BABY,),
    by: str = "",
) -> Enrolled:
    """Enrol someone who agreed, by staff or import; one transaction.

    `consented_words` is the hash of the words they agreed to, `reference` the import's own id of the
    family (only its keyed hash is kept). Never revives a stopped address: NotAllowed, code "stopped". In
    trial mode only guests: NotAllowed, code "not_guest". Else raises what `join` raises.
    """
    _may_enrol(role, consented_words)

    def work(conn: sa.Connection) -> Enrolled:
        row = admitted(conn, desk, address, now)
        known, hashed, key = _by_reference(conn, desk, reference)
        joining = Joining(
            role, language, how, consented_words, due_on, born_on, joined_on,
            known if family is None else family, hashed, key, purposes,
        )  # fmt: skip
        enrolled = join(conn, row, joining, now)
        if by and not enrolled.known:
            audit.record(conn, by, "enrol", now, f"family {enrolled.family_id}")
        return enrolled

    try:
        return desk.database.write(work)
    except IntegrityError:  # another import was first with this reference: now its family is there
        return desk.database.write(work)


def _may_enrol(role: Role, consented_words: str) -> None:
    if role is Role.PROFESSIONAL:
        raise BadInput(
            "Professionals join by themselves, with a code.",
            "Make one: thinkfamily professionals invite ORGANISATION.",
            code="professional",
        )
    if not consented_words:
        raise BadInput(
            "Nobody is enrolled without consent.", "Say which words were agreed to.", code="consent"
        )


def _by_reference(
    conn: sa.Connection, desk: Desk, reference: str | None
) -> tuple[int | None, str | None, str | None]:
    """The family that an import's own reference names, if known; its keyed hash, and the key of that."""
    if reference is None:
        return None, None, None
    hashes, key = desk.seal.keyed_hashes(_REFERENCE, reference), desk.seal.current.id
    rotation.remake_references(conn, hashes, key)
    return families.by_reference(conn, hashes), hashes[0], key


def import_rows(
    desk: Desk, rows: Iterable[Mapping[str, str]], now: datetime, by: str = ""
) -> list[RowReport]:
    """Enrol each row by itself; gives what became of each, counted from 1.

    A row has `phone`, `role`, `consented_words`, and may have `language`, `due_on`, `born_on`, `joined_on`
    (ISO days) and `reference`. The same file again changes nothing. Raises DatabaseTrouble when the
    database fails; rows before are then enrolled.
    """
    return [_import(desk, number, row, now, by) for number, row in enumerate(rows, 1)]


def _import(desk: Desk, number: int, row: Mapping[str, str], now: datetime, by: str) -> RowReport:
    try:
        enrolled = enrol(
            desk,
            address=uk_mobile(row.get("phone", ""), drama_numbers=desk.drama_numbers),
            role=_role(row.get("role", "")), language=row.get("language", "").strip() or "en",
            how="import", consented_words=row.get("consented_words", "").strip(), now=now,
            due_on=_day(row, "due_on"), born_on=_day(row, "born_on"), joined_on=_day(row, "joined_on"),
            reference=row.get("reference", "").strip() or None, by=by,
        )  # fmt: skip
    except DatabaseTrouble:
        raise
    except ThinkFamilyError as refused:
        return RowReport(number, "refused", refused.code)
    return RowReport(number, "known" if enrolled.known else "enrolled", family_id=enrolled.family_id)


def _role(text: str) -> Role:
    try:
        return Role(text.strip().lower())
    except ValueError as cause:
        listed = ", ".join(role.value for role in Role if role is not Role.PROFESSIONAL)
        raise BadInput("That is no role.", f"Use one of {listed}.", code="role") from cause


def _day(row: Mapping[str, str], name: str) -> date | None:
    text = row.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as cause:
        raise BadInput(f"{name} is not a day.", "Write it as YYYY-MM-DD.", code="date") from cause


def admitted(conn: sa.Connection, desk: Desk, address: Address, now: datetime) -> AddressRow:
    """The row of an address that staff may write down: no STOP stands, and a trial knows it."""
    guest = address in desk.guests
    if desk.mode is Mode.TRIAL and not guest:
        raise NotAllowed(
            "A trial takes guests only, and this address is not on the list.",
            "Add it to THINKFAMILY_GUESTS.",
            code="not_guest",
        )
    row = addresses.find_or_add(conn, desk.seal, address, now, guest=guest)
    if row.stopped:
        raise NotAllowed(
            "Somebody at this address said STOP, and only START from there ends that.",
            "Leave it be.",
            code="stopped",
        )
    return row


def _check(joining: Joining, today: date) -> None:
    due_on, born_on, joined_on = joining.due_on, joining.born_on, joining.joined_on
    if due_on is not None and born_on is None and not _DUE[0] <= due_on - today <= _DUE[1]:
        raise BadInput("That due date cannot be: too long ago or too far off.", code="due_on")
    if born_on is not None and not timedelta() <= today - born_on <= _BORN:
        raise BadInput("That day of birth is in the future or too long ago.", code="born_on")
    if joined_on is not None and joined_on > today:
        raise BadInput("Nobody joins in the future.", code="joined_on")


def _known(conn: sa.Connection, address: AddressRow, joining: Joining) -> Enrolled | None:
    """The member who is there already: same address, same role, and no other family named."""
    at = families.members_at(conn, address.id)
    found = {family.id: family for family in household.load(conn, [family_id for family_id, _ in at])}
    for family_id, member_id in at:
        same = any(
            member.id == member_id and member.role is joining.role for member in found[family_id].members
        )
        if same and joining.family_id in (None, family_id):
            return Enrolled(family_id, member_id, known=True)
    return None


def roles_at(conn: sa.Connection, address_id: int) -> set[Role]:
    """The roles of everybody at an address."""
    at = families.members_at(conn, address_id)
    found = household.load(conn, sorted({family_id for family_id, _ in at}))
    return {one.role for family in found for one in family.members if (family.id, one.id) in at}


def one_kind(conn: sa.Connection, address_id: int, role: Role) -> None:
    """Refuse a family's member at a phone that is for work, and the other way round (NotAllowed)."""
    roles = roles_at(conn, address_id)
    if roles and (role is Role.PROFESSIONAL) is not (Role.PROFESSIONAL in roles):
        raise NotAllowed(
            "A phone has messages for a family or for work, never both.",
            "Use another number, or Telegram.",
            code="work",
        )


def _family(conn: sa.Connection, joining: Joining, now: datetime) -> tuple[int, Link]:
    if joining.family_id is None:
        return families.add(conn, now, joining.reference, joining.reference_key), Link.OWN
    there = household.load(conn, [joining.family_id])
    if not there:
        raise NotFound(f"There is no family {joining.family_id}.")
    if joining.role is not Role.MOTHER:
        return joining.family_id, Link.CODE
    if there[0].mother() is not None:
        raise NotAllowed(
            "This family has a mother already.",
            "Enrol another parent as `partner`, or another mother by herself.",
            code="second_mother",
        )
    return joining.family_id, Link.OWN


def _invited_to(conn: sa.Connection, family_id: int, link: Link) -> int | None:
    """The newest pregnancy, which one who joins by a code may hear of; not of one that is yet to come."""
    newest = None if link is Link.OWN else household.load(conn, [family_id])[0].current()
    return None if newest is None else newest.id


def _dates(conn: sa.Connection, family: Family, joining: Joining) -> None:
    """A family's dates are the first that were told; a mother changes them with DUE and BORN."""
    if family.pregnancies or (joining.due_on is None and joining.born_on is None):
        return
    corrected_on = None if joining.born_on is None else corrected_day(joining.due_on, joining.born_on)
    families.add_pregnancy(
        conn, family.id, due_on=joining.due_on, born_on=joining.born_on, corrected_on=corrected_on
    )


def family_at(desk: Desk, address: Address) -> int:
    """The family of whoever is reached at this address; raises NotFound when nobody is."""

    def work(conn: sa.Connection) -> int:
        row = addresses.find(conn, desk.seal, address)
        here = [] if row is None else families.members_at(conn, row.id)
        if not here:
            raise NotFound("Nobody is enrolled at this address.", "Enrol them first.")
        return here[0][0]

    return desk.database.read(work)
