"""A campaign's file, or the pack that a revision keeps, as the domain's Campaign."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from bot.content import hashes
from bot.content.campaign_schema import CampaignFile, ForFile, MomentFile, StepFile
from bot.content.checked import checked
from bot.content.document import Document, read
from bot.content.saying import month_day, season, span, weeks
from bot.domain.campaign import Anchor, Audience, Campaign, Moment, Season, Step
from bot.errors import ContentError, Fault
from bot.words.render import Words

FOLDER = "campaigns/"


@dataclass(frozen=True, slots=True)
class Written:
    """A campaign and the file it was read from, to point at its lines."""

    campaign: Campaign
    document: Document

    def fault(self, step_id: str, message: str, field: str = "id") -> Fault:
        """A fault at one field of a step."""
        ids = [step.id for step in self.campaign.steps]
        index = ids.index(step_id) if step_id in ids else 0
        return self.document.fault(("steps", index, field), message)


@lru_cache(maxsize=512)
def read_campaign(path: str, text: str) -> Written:
    """The campaign in one file, held against its schema; ContentError with all its faults.

    What is on disk is mostly what was published: it is read once.
    """
    document = read(path, text)
    file, faults = checked(document, CampaignFile)
    if file is None:
        raise ContentError(faults)
    strange = list(_unnamed_sources(file, document))
    if strange:
        raise ContentError(strange)
    return Written(_campaign(file), document)


def from_pack(files: Mapping[str, str]) -> tuple[Campaign, Words]:
    """The campaign and words that a published revision keeps, exactly as they were published.

    Raises ContentError when the pack holds no campaign or one that this program cannot read.
    """
    path = next((path for path in files if path.startswith(FOLDER)), None)
    if path is None:
        raise ContentError([Fault("revision", 1, 1, "The pack holds no campaign. Publish it again.")])
    return read_campaign(path, files[path]).campaign, words_from_pack(files)


def words_from_pack(files: Mapping[str, str]) -> Words:
    """The templates of a pack, with the shared values that were published with them."""
    return Words(files, json.loads(files.get(hashes.VALUES, "{}")))


def schema() -> dict[str, Any]:
    """The JSON Schema of a campaign's file, for editors; campaigns/campaign.schema.json is this."""
    made = CampaignFile.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | made


def schema_text() -> str:
    """What campaigns/campaign.schema.json must hold."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _unnamed_sources(file: CampaignFile, document: Document) -> Iterator[Fault]:
    """What a step rests on and the review does not name: nobody would read it again in time."""
    for number, step in enumerate(file.steps):
        for place, source in enumerate(step.sources):
            if source not in file.review.sources:
                message = f"{source} is not among the sources of the review. Add it there, or correct it."
                yield document.fault(("steps", number, "sources", place), message)


def _campaign(file: CampaignFile) -> Campaign:
    return Campaign(
        file.campaign,
        file.title,
        file.objective,
        file.topic,
        file.purpose,
        file.review.owner,
        tuple(file.review.sources),
        file.review.review_by,
        tuple(_steps(file)),
    )


def _steps(file: CampaignFile) -> Iterator[Step]:
    for entry in file.steps:
        step = _step(file, entry)
        yield replace(step, timing_hash=hashes.timing(step))


def _step(file: CampaignFile, entry: StepFile) -> Step:
    return Step(
        file.campaign,
        entry.id,
        frozenset(entry.to),
        _moment(entry.when),
        None if entry.until is None else _moment(entry.until),
        file.purpose,
        entry.topic or file.topic,
        at=entry.at,
        season=_season(entry.season),
        importance=entry.importance,
        audience=Audience() if entry.for_ is None else _audience(entry.for_),
        unless=frozenset(entry.unless),
        replies=dict(entry.replies),
        chosen=file.chosen,
        menu=file.menu or "",
        body=entry.body,
        food=entry.food,
        in_hospital=entry.in_hospital,
        resend_if_uncertain=entry.resend_if_uncertain,
        formerly=tuple(entry.formerly),
        retired=entry.retired,
        picture=entry.picture,
    )


def _season(said: str | None) -> Season | None:
    return None if said is None else season(said)


def _audience(said: ForFile) -> Audience:
    return Audience(
        joined_before_days=None if said.joined_before is None else weeks(said.joined_before),
        joined_after_days=None if said.joined_after is None else weeks(said.joined_after),
        areas=frozenset(said.area),
        under_20=said.under_20,
        previous_loss=said.previous_loss,
        bereaved=said.bereaved,
        dated=said.dated,
        expecting=said.expecting,
    )


def _moment(said: MomentFile) -> Moment:
    """The one thing that is counted from; the schema has seen to it that there is one."""
    counted = {Anchor.JOINED: said.joined, Anchor.LOSS: said.loss}
    for anchor, length in counted.items():
        if length is not None:
            return Moment(anchor, *span(length))
    born = Anchor.CORRECTED if said.corrected else Anchor.BIRTH
    if said.age is not None:
        return Moment(born, *span(said.age))
    if said.day is not None:
        return Moment(born, days=said.day)
    if said.pregnancy is not None:
        return Moment(Anchor.DUE, days=weeks(said.pregnancy))
    if said.date is not None:
        return Moment(Anchor.DATE, on=month_day(said.date))
    if said.calendar is not None:
        return Moment(Anchor.CALENDAR, name=said.calendar)
    if said.after is not None:
        return Moment(Anchor.AFTER, days=said.after.days, step=said.after.step)
    return Moment(Anchor.MOVED)
