"""Publishing: revisions, approvals, withdrawals, and the switch that halts everything (DESIGN 6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from itertools import product

import sqlalchemy as sa

from bot.content import hashes
from bot.content.campaigns import from_pack
from bot.content.changes import Version, changes
from bot.content.load import Content
from bot.domain import hours
from bot.domain.campaign import Anchor
from bot.domain.outbox import Kind, Reason, State
from bot.domain.revision import REVIEW_NEAR, Approval
from bot.errors import NotAllowed, NotFound
from bot.services.desk import Desk
from bot.services.shelf import REPLIES, pack_approved
from bot.store import audit, outbox, pace, recall, restored, revisions
from bot.store.revisions import Pack
from bot.store.tables import consent_states, members

_STEPS = (Kind.STAGED, Kind.CHOSEN, Kind.REMINDER)


@dataclass(frozen=True, slots=True)
class Change:
    """What publishing one pack changed, and the roles that its steps are for; `touched` counts them."""

    name: str
    revision_id: int
    added: tuple[str, ...] = ()
    retimed: tuple[str, ...] = ()
    reworded: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    renamed: tuple[str, ...] = ()  # "old -> new"
    retired: tuple[str, ...] = ()
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PublishReport:
    """What a publishing came to."""

    changes: tuple[Change, ...]
    unchanged: tuple[str, ...]


def publish(desk: Desk, content: Content, by: str, now: datetime) -> PublishReport:
    """Keep a revision of every pack that changed; nothing is sent by it that was not approved (P9).

    The content must have been loaded against `published_ids`: no published id has vanished, and none comes
    round anew because it is counted from something else.
    """

    def work(conn: sa.Connection) -> PublishReport:
        changes, unchanged = [], []
        for name in content.packs:
            change = _publish(conn, content, name, by, now)
            if change is None:
                unchanged.append(name)
            else:
                changes.append(change)
        return PublishReport(tuple(changes), tuple(unchanged))

    return desk.database.write(work)


def published_ids(desk: Desk) -> dict[str, dict[str, Anchor | None]]:
    """Every step id ever published, by campaign, and what the newest revision counts it from.

    None may vanish without `formerly` or `retired`, or be counted from something of another kind (P4).
    """

    def work(conn: sa.Connection) -> dict[str, dict[str, Anchor | None]]:
        found: dict[str, dict[str, Anchor | None]] = {}
        for name, ids in revisions.step_ids(conn).items():
            campaign = from_pack(_newest(conn, name).files)[0]
            found[name] = {step_id: campaign.root(step_id) for step_id in ids}
        return found

    return desk.database.read(work)


def approved(desk: Desk) -> tuple[set[tuple[str, str]], set[tuple[str, str, str]]]:
    """(words hash, language) of every approval that counts, and (pack, key, language) of every text that was
    ever approved, whatever it said then."""

    def work(conn: sa.Connection) -> tuple[set[tuple[str, str]], set[tuple[str, str, str]]]:
        entries = [one for one in revisions.approved(conn) if one.approver not in desk.config.authors]
        return {(one.words_hash, one.language) for one in entries}, revisions.approved_texts(conn)

    return desk.database.read(work)


def approve(desk: Desk, name: str, language: str, by: str, now: datetime, signed: str | None = None) -> int:
    """Stand by the newest words of a campaign (or `replies`, `crisis`) in one language; gives how many.

    `signed`: what stands on the paper that was signed; only exactly that is approved. Raises NotFound for an
    unknown campaign or approver, or one without words in the language; NotAllowed for an approver who does
    not read it, (`author`) for its author, and (`other_words`) where something else is published than what
    was signed.
    """
    approver = desk.config.approver(by)
    if approver is None:
        raise NotFound(f"No approver {by!r} is named.", "Name them in config/approvers.yaml.")
    if language not in approver.languages:
        raise NotAllowed(f"{by} may not approve words in {language!r}.", "Ask one who reads it.")

    def work(conn: sa.Connection) -> int:
        pack = _newest(conn, name)
        if by in desk.config.authors or by == pack.by:
            raise NotAllowed("An author may not approve their own words.", "Ask another.", code="author")
        mine = {key: said for (key, spoken), said in pack.words.items() if spoken == language}
        if not mine:
            raise NotFound(f"{name} has no words in {language!r}.", "Write and publish them first.")
        if signed is not None and signed != hashes.signed(pack.words, pack.timing, language):
            raise NotAllowed(
                f"What is published of {name} is not what was signed.",
                "Publish what was read, or make a new review pack and have it read.",
                code="other_words",
            )
        for key, said in sorted(mine.items()):
            entry = Approval(said, language, by, approver.role, approver.registration, now)
            revisions.approve(conn, name, key, entry)
        audit.record(conn, by, "approve", now, f"{name} {language}")
        return len(mine)

    return desk.database.write(work)


def withdraw(desk: Desk, campaign: str, step: str | None, by: str, now: datetime) -> int:
    """Send nothing more of a campaign, or of one step; gives how many open rows were cancelled."""

    def work(conn: sa.Connection) -> int:
        pack = _newest(conn, campaign)
        if step is not None and step not in pack.timing:
            raise NotFound(
                f"{campaign} has no step {step!r}.", f"Its steps are: {', '.join(sorted(pack.timing))}."
            )
        revisions.withdraw(conn, campaign, step, by, now)
        audit.record(conn, by, "withdraw", now, f"{campaign}/{step or '*'}")
        return outbox.close_open(
            conn, campaign=campaign, steps=_names(conn, desk, campaign, step, now), kinds=_STEPS,
            state=State.CANCELLED, reason=Reason.WITHDRAWN, now=now,
        )  # fmt: skip

    return desk.database.write(work)


def restore(desk: Desk, campaign: str, step: str | None, by: str, now: datetime) -> int:
    """Let a campaign, or one step of it, be sent again; raises NotFound when it was not withdrawn.

    What the withdrawal cancelled and is still open waits for the planner again, as in a new revision; what
    has closed since stays cancelled. Gives how many rows wait.
    """
    what = campaign if step is None else f"{campaign}/{step}"

    def work(conn: sa.Connection) -> int:
        if not revisions.lift(conn, campaign, step, now):
            raise NotFound(f"{what} is not withdrawn.", _withdrawn(conn))
        audit.record(conn, by, "restore", now, f"{campaign}/{step or '*'}")
        steps = _names(conn, desk, campaign, step, now)
        return recall.bring_back(conn, campaign, steps, Reason.WITHDRAWN, hours.local_day(now), now)

    return desk.database.write(work)


def _names(
    conn: sa.Connection, desk: Desk, campaign: str, step: str | None, now: datetime
) -> frozenset[str] | None:
    """Every name under which there may be rows of this step; None: the whole campaign."""
    if step is None:
        return None
    published = desk.shelf.at(conn, desk.mode, desk.config.authors, hours.local_day(now))
    newest = published.campaigns.get(campaign)
    return frozenset({step}) if newest is None else newest.names(step)


def _withdrawn(conn: sa.Connection) -> str:
    names = [one.campaign + ("" if one.step is None else f"/{one.step}") for one in revisions.withdrawn(conn)]
    return f"Withdrawn are: {', '.join(sorted(names))}." if names else "Nothing is."


def halt(desk: Desk, by: str, now: datetime) -> int:
    """Stop every sender at once; answers to what people write still go. Gives how many were stopped."""

    def work(conn: sa.Connection) -> int:
        audit.record(conn, by, "halt", now)
        for channel, name in desk.senders.items():  # one that has sent nothing yet is to stay silent too
            pace.sender_id(conn, channel, name, now)
        return pace.halt(conn, pace.HALTED_BY_STAFF, now)

    return desk.database.write(work)


def resume(desk: Desk, by: str, now: datetime) -> int:
    """Let the senders go on; gives how many were halted. Raises NotAllowed after a restore."""

    def work(conn: sa.Connection) -> int:
        gap = restored.gap(conn)
        if gap is not None and not gap.settled:
            raise NotAllowed(
                "This database was restored from a backup, and what happened since is not known.",
                "Do what docs/operating.md says under Backup and restore, then say --after-restore.",
                code="restored",
            )
        audit.record(conn, by, "resume", now)
        return pace.resume(conn)

    return desk.database.write(work)


def missing_for_live(desk: Desk, now: datetime) -> list[str]:
    """What live mode still lacks, one sentence each; empty when it may start (P9, CARE 3, 21)."""
    lacking = [f"config/default.yaml: duty: {name} is not set." for name in desk.config.duty.missing]
    if desk.config.twilio_keywords_off_confirmed is None:
        lacking.append(
            "Nobody has confirmed that Twilio's own keyword answers are switched off "
            "(config/default.yaml: twilio_keywords_off_confirmed)."
        )

    if desk.config.organisation.link_is_missing:
        lacking.append("config/default.yaml: organisation: privacy_link is not set, or is a placeholder.")
    lacking += [
        f"config/default.yaml: languages: {one.name} ({one.code}) is offered and nobody has reviewed it."
        for one in desk.config.live_languages
        if not one.reviewed
    ]
    lacking += [
        f"config/{file}.yaml: {one.code}: nobody has reviewed the words by which {one.name} is understood."
        for file, one in desk.config.unreviewed_words()
    ]

    def work(conn: sa.Connection) -> list[str]:
        return [*_unapproved(conn, desk), *_overdue(conn, desk, hours.local_day(now))]

    return lacking + desk.database.read(work)


def reviews_near(desk: Desk, now: datetime) -> list[str]:
    """Published campaigns whose review date has passed or is within 60 days, one sentence each (P9)."""
    today = hours.local_day(now)

    def work(conn: sa.Connection) -> list[str]:
        published = desk.shelf.at(conn, desk.mode, desk.config.authors, today)
        return [
            f"{one.id} is to be reviewed by {one.review_by.isoformat()}: "
            "after that day live mode sends nothing of it."
            for one in sorted(published.campaigns.values(), key=lambda one: (one.review_by, one.id))
            if one.review_by <= today + REVIEW_NEAR
        ]

    return desk.database.read(work)


def _unapproved(conn: sa.Connection, desk: Desk) -> list[str]:
    """Replies and crisis answers that nobody approved, of each language that live mode offers."""
    entries = revisions.approved(conn)
    lacking = []
    for name, language in product(REPLIES, desk.config.live_languages):
        code, authors = language.code, desk.config.authors
        packs = [pack for pack in revisions.every(conn) if pack.name == name]
        if not any(pack_approved(pack, entries, authors, code) for pack in packs):
            called = "crisis answers" if name == "crisis" else name
            lacking.append(
                f"The {called} are not published and approved in {language.name} "
                f"(thinkfamily publish; thinkfamily approve {name} --language {code} --by APPROVER)."
            )
    return lacking


def _overdue(conn: sa.Connection, desk: Desk, today: date) -> list[str]:
    published = desk.shelf.at(conn, desk.mode, desk.config.authors, today)
    return [
        f"{campaign.id} passed its review date on {campaign.review_by.isoformat()} "
        "(review it, set a new review_by, publish and approve it)."
        for campaign in published.campaigns.values()
        if campaign.review_by < today
    ]


def _newest(conn: sa.Connection, name: str) -> Pack:
    pack = revisions.newest(conn, name)
    if pack is None:
        raise NotFound(f"{name!r} was never published.", "Publish it first, or check the name.")
    return pack


def _publish(conn: sa.Connection, content: Content, name: str, by: str, now: datetime) -> Change | None:
    files = content.pack(name)
    whole = hashes.whole(files)
    before = revisions.newest(conn, name)
    if before is not None and before.content_hash == whole:
        return None
    campaign = content.campaigns.get(name)
    timing = {} if campaign is None else {step.id: hashes.timing(step) for step in campaign.steps}
    words = hashes.words(files)
    revision_id = revisions.add(conn, name, files, timing, words, whole, by, now)
    audit.record(conn, by, "publish", now, name)
    retired = () if campaign is None else [step.id for step in campaign.steps if step.retired]
    if campaign is not None and retired:
        names = frozenset[str]().union(*(campaign.names(step_id) for step_id in retired))
        outbox.close_open(
            conn, campaign=name, steps=names, kinds=_STEPS, state=State.CANCELLED,
            reason=Reason.RETIRED, now=now,
        )  # fmt: skip
    return _change(name, revision_id, before, Version(timing, words, campaign))


def _change(name: str, revision_id: int, before: Pack | None, now: Version) -> Change:
    found = changes(None if before is None else _version(before), now)
    steps = () if now.campaign is None else now.campaign.steps
    return Change(
        name,
        revision_id,
        added=found.added,
        retimed=found.retimed,
        reworded=tuple(found.reworded),
        removed=found.removed,
        renamed=tuple(f"{old} -> {new}" for old, new in found.renamed.items()),
        retired=found.retired,
        roles=frozenset(role for step in steps for role in step.to),
    )


def _version(pack: Pack) -> Version:
    """What was published; replies and crisis answers are no campaign."""
    campaign = None if pack.name in REPLIES else from_pack(pack.files)[0]
    return Version(pack.timing, pack.words, campaign)


def touched(desk: Desk, change: Change) -> int:
    """How many members of the roles concerned have a live consent.

    Counted apart from the publishing, for it looks at everybody: nothing waits for it.
    """
    return desk.database.read(lambda conn: _touched(conn, change.roles)) if change.roles else 0


def _touched(conn: sa.Connection, roles: frozenset[str]) -> int:
    """How many members of these roles have a live consent."""
    same = (members.c.family_id == consent_states.c.family_id) & (
        members.c.member_id == consent_states.c.member_id
    )
    query = (
        sa.select(sa.func.count(sa.distinct(members.c.member_id)))
        .select_from(members.join(consent_states, same))
        .where(members.c.role.in_(sorted(roles)), consent_states.c.live, members.c.left_at.is_(None))
    )
    return int(conn.execute(query).scalar_one())
