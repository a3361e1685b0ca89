"""The shelf: what was published, parsed once, and what of it may be planned and sent today."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa

from bot.content import campaigns
from bot.domain.campaign import Campaign
from bot.domain.revision import Approval, LiveStep, Mode, Revision, approved, live_steps
from bot.store import revisions
from bot.store.revisions import Pack, Version
from bot.words.render import Rendered, Words

REPLIES = ("replies", "crisis")  # packs that are no campaigns


@dataclass(frozen=True, slots=True)
class Printed:
    """A step's words as they leave: sealed too, once for everybody to whom they say the same.

    `picture` is the drawing that goes with them, as SVG.
    """

    words: Rendered
    words_hash: str
    sealed: bytes
    picture: str | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """What may be planned and sent today.

    `words` are the published words of the live steps, each with the numbers published beside it;
    `replies` those of replies and crisis answers. `campaigns` are the newest published ones, whether or
    not they may be sent. `by_key` are the live steps by today's names and all that they ever had; `keys`
    the same names as "campaign/step".
    """

    live: tuple[LiveStep, ...]
    words: Words
    replies: Words
    campaigns: Mapping[str, Campaign] = field(default_factory=dict)
    by_key: Mapping[tuple[str, str], LiveStep] = field(init=False, repr=False)
    keys: frozenset[str] = field(init=False, repr=False)
    printed: dict[tuple[object, ...], Printed] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        former = {(one.step.campaign, old): one for one in self.live for old in one.step.formerly}
        object.__setattr__(self, "by_key", former | {one.step.key: one for one in self.live})
        object.__setattr__(self, "keys", frozenset(f"{campaign}/{step}" for campaign, step in self.by_key))


class Shelf:
    """Reads the database again only when something was published, approved or withdrawn, or a day began.

    `unpublished` are the words used for replies while none were published; live mode never uses them.
    """

    def __init__(self, unpublished: Words | None = None) -> None:
        self._unpublished = unpublished or Words({}, {})
        self._lock = threading.Lock()
        self._packs: list[Pack] = []
        self._parsed: dict[int, tuple[Campaign, Words]] = {}
        self._key: tuple[object, ...] | None = None
        self._published: Published | None = None

    def at(
        self,
        conn: sa.Connection,
        mode: Mode,
        authors: frozenset[str],
        today: date,
        version: Version | None = None,
    ) -> Published:
        """What may be planned and sent on `today` in this mode; `version` where it was read already."""
        key = (version or revisions.version(conn), mode, authors, today)
        with self._lock:
            if self._published is None or key != self._key:
                self._published = self._read(conn, mode, authors, today)
                self._key = key
            return self._published

    def _read(self, conn: sa.Connection, mode: Mode, authors: frozenset[str], today: date) -> Published:
        packs = self._every(conn)
        entries = revisions.approved(conn)
        ours = [pack for pack in packs if pack.name not in REPLIES]
        published = [self._revision(pack) for pack in ours]
        live = live_steps(published, entries, revisions.withdrawn(conn), mode, authors, today)
        used = sorted({step.revision_id for step in live})
        words = Words.merged(self._parsed[revision_id][1] for revision_id in used)
        newest = {revision.campaign.id: revision.campaign for revision in published}
        return Published(live, words, self._replies(packs, entries, mode, authors), newest)

    def _every(self, conn: sa.Connection) -> list[Pack]:
        """Every pack: read again when there are more of them; a day that begins changes none."""
        if len(self._packs) != revisions.how_many(conn):
            self._packs = revisions.every(conn)
        return self._packs

    def _revision(self, pack: Pack) -> Revision:
        if pack.id not in self._parsed:
            self._parsed[pack.id] = campaigns.from_pack(pack.files)
        return Revision(pack.id, self._parsed[pack.id][0], pack.words, pack.at, pack.by)

    def _replies(
        self, packs: Iterable[Pack], entries: list[Approval], mode: Mode, authors: frozenset[str]
    ) -> Words:
        """The newest replies and crisis answers; in live mode the newest whose English is approved whole, and
        of other languages those that are too (P9)."""
        chosen: dict[str, Pack] = {}
        for pack in packs:
            if pack.name in REPLIES and (mode is not Mode.LIVE or pack_approved(pack, entries, authors)):
                chosen[pack.name] = pack
        said = {
            name: approved_files(pack, entries, authors) if mode is Mode.LIVE else pack.files
            for name, pack in chosen.items()
        }
        parts = [campaigns.words_from_pack(files) for _, files in sorted(said.items())]
        if mode is not Mode.LIVE and len(parts) < len(REPLIES):
            parts.insert(0, self._unpublished)
        return Words.merged(parts)


def pack_approved(pack: Pack, entries: list[Approval], authors: frozenset[str], language: str = "en") -> bool:
    """Whether all words of a pack in one language are approved by somebody who may."""
    mine = [said for (_, spoken), said in pack.words.items() if spoken == language]
    who = authors | {pack.by}
    return bool(mine) and all(approved(said, language, entries, frozenset(who)) for said in mine)


def approved_files(pack: Pack, entries: list[Approval], authors: frozenset[str]) -> Mapping[str, str]:
    """The pack without the languages that nobody approved whole: a draft is answered in English instead."""
    spoken = {language for _, language in pack.words}
    drafts = tuple(
        f"templates/{language}/" for language in spoken if not pack_approved(pack, entries, authors, language)
    )
    return {path: text for path, text in pack.files.items() if not path.startswith(drafts)}
