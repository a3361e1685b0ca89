"""What one step's schema cannot see: other steps, other files, and time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.content import kept, menu
from bot.content.campaigns import Written
from bot.content.config import Config, Lexicon, phrases_in
from bot.content.kept import Published
from bot.domain.campaign import Anchor, Importance, Moment, Step
from bot.domain.family import Purpose, Role
from bot.domain.openings import kind_of
from bot.domain.outbox import Kind
from bot.domain.timeline import never_opens
from bot.errors import Fault
from bot.words.characters import normalise
from bot.words.render import FALLBACK

_WORK_DAYS = frozenset({Anchor.JOINED, Anchor.DATE, Anchor.CALENDAR, Anchor.AFTER})
_NEVER_CHOSEN = frozenset({Purpose.EVALUATION})


def faults(campaigns: Mapping[str, Written], config: Config | None, published: Published) -> Iterator[Fault]:
    """Everything wrong with the steps of all campaigns that could be read."""
    heard = {} if config is None else _heard(config.keywords)
    yield from menu.faults(campaigns, config)
    for written in campaigns.values():
        yield from _campaign(written, config)
        for step in written.campaign.steps:
            yield from _step(written, step, config, heard)
        yield from _circles(written)
    yield from kept.faults(campaigns, published)


def _campaign(written: Written, config: Config | None) -> Iterator[Fault]:
    campaign, document = written.campaign, written.document
    if config is not None and campaign.topic not in config.directory.topics:
        yield document.fault(("topic",), _no_service(campaign.topic))
    chosen = any(step.chosen for step in campaign.steps)
    if chosen and campaign.purpose in _NEVER_CHOSEN:
        message = f"Nobody chooses {campaign.purpose} from a list. Take chosen away, or correct the purpose."
        yield document.fault(("chosen",), message)
    if campaign.purpose is Purpose.SUPPORT_AFTER_LOSS and not chosen:
        message = "After a loss only those who asked are written to. Add chosen: true."
        yield document.fault(("purpose",), message)
    yield from _twice(written)


def _no_service(topic: str) -> str:
    return f"No service has the topic {topic}. Add it in config/directory.yaml, or correct it."


def _twice(written: Written) -> Iterator[Fault]:
    """Ids, and former ids, belong to one step each."""
    seen: set[str] = set()
    for index, step in enumerate(written.campaign.steps):
        for step_id, field in [(step.id, "id"), *((old, "formerly") for old in step.formerly)]:
            if step_id in seen:
                message = f"Two steps are called {step_id}. An id belongs to one step for ever: rename one."
                yield written.document.fault(("steps", index, field), message)
            seen.add(step_id)


def _step(
    written: Written, step: Step, config: Config | None, heard: Mapping[str, set[str]]
) -> Iterator[Fault]:
    if step.retired:
        return
    if config is not None and step.topic not in {written.campaign.topic, *config.directory.topics}:
        yield written.fault(step.id, _no_service(step.topic), "topic")
    if step.body and step.to != {Role.MOTHER}:
        message = "What concerns her body goes to the mother alone. Write to: [mother], or take body away."
        yield written.fault(step.id, message, "body")
    if step.resend_if_uncertain and (step.chosen or kind_of(step) is Kind.CHOSEN):
        message = "What follows a loss, and what somebody asked for, is never sent twice. Take this away."
        yield written.fault(step.id, message, "resend_if_uncertain")
    if step.menu and kind_of(step) is Kind.STAGED and step.importance is Importance.ESSENTIAL:
        message = "What somebody chose must not keep out what everybody needs. Make it helpful or extra."
        yield written.fault(step.id, message, "importance")
    yield from _of_work(written, step)
    if Anchor.LOSS in _anchors(step) and step.purpose is not Purpose.SUPPORT_AFTER_LOSS:
        message = "Counting from a loss is for the purpose support_after_loss. Correct one of the two."
        yield written.fault(step.id, message, "when")
    if config is not None:
        yield from _unheard(written, step, heard)
    strange = list(_moments(written, step, config))
    yield from strange
    if config is not None and not strange:
        reason = never_opens(step, config.calendar)
        if reason is not None:
            yield written.fault(step.id, f"{reason} Correct when, until or season.", "when")


def _of_work(written: Written, step: Step) -> Iterator[Fault]:
    """Messages for work go to professionals, and those to nobody else; they have no family's dates."""
    work = step.purpose is Purpose.PROFESSIONAL
    if work and step.to != {Role.PROFESSIONAL}:
        yield written.fault(
            step.id, "The purpose professional is for them alone. Write to: [professional].", "to"
        )
    if not work and Role.PROFESSIONAL in step.to:
        message = (
            "Professionals agree to the purpose professional alone. Take them out, or write another campaign."
        )
        yield written.fault(step.id, message, "to")
    if work and not _anchors(step) <= _WORK_DAYS:
        message = "Nobody at work has a due date or a baby here. Count from joined, date, calendar or after."
        yield written.fault(step.id, message, "when")


def _heard(keywords: Lexicon) -> dict[str, set[str]]:
    """Meaning -> the words that people may be invited to text for it."""
    english = keywords.get(FALLBACK, {})
    return {
        "done": phrases_in(english.get("done", ())),
        "remind": phrases_in(english.get("remind", ())),
        "signpost": phrases_in(english.get("book", ())) | phrases_in(english.get("topics", {})),
    }


def _unheard(written: Written, step: Step, heard: Mapping[str, set[str]]) -> Iterator[Fault]:
    """Words that people are invited to text and nobody would understand."""
    if "remind" in step.replies.values() and step.purpose is Purpose.SUPPORT_AFTER_LOSS:
        message = "Nobody is reminded of what follows a loss: they ask when they want to. Take remind out."
        yield written.fault(step.id, message, "replies")
    for word, meaning in step.replies.items():
        if normalise(word) not in heard[meaning]:
            where = "under a topic" if meaning == "signpost" else f"under {meaning}"
            message = f"Nobody would understand {word}. Add it to config/keywords.yaml, {where}."
            yield written.fault(step.id, message, "replies")


def _moments(written: Written, step: Step, config: Config | None) -> Iterator[Fault]:
    ids = {other.id for other in written.campaign.steps}
    for field, moment in (("when", step.when), ("until", step.until)):
        if moment is None:
            continue
        if moment.anchor is Anchor.CALENDAR and config is not None:
            yield from _unset_day(written, step, field, moment, config)
        if moment.anchor is Anchor.AFTER and moment.step not in ids:
            message = f"No step here is called {moment.step}. Write one of: {', '.join(sorted(ids))}."
            yield written.fault(step.id, message, field)
        elif moment.anchor is Anchor.AFTER and field == "until" and step.when.step != moment.step:
            message = "until counts after another step than when does. Let both name the same step."
            yield written.fault(step.id, message, field)


def _unset_day(written: Written, step: Step, field: str, moment: Moment, config: Config) -> Iterator[Fault]:
    if config.calendar.days.get(moment.name or "") is None:
        message = f"No day is called {moment.name}. Add it to config/calendar.yaml, or correct the name."
        yield written.fault(step.id, message, field)


def _circles(written: Written) -> Iterator[Fault]:
    """Steps that wait for each other would never be sent. Ids that are used twice are told elsewhere."""
    ids = [step.id for step in written.campaign.steps]
    if len(set(ids)) < len(ids):
        return
    parents = {step.id: step.when.step for step in written.campaign.steps if step.when.step is not None}
    for step_id in parents:
        if step_id in _ancestors(step_id, parents):
            message = f"{step_id} waits for itself. Let one step of the circle start from a date."
            yield written.fault(step_id, message, "when")


def _ancestors(step_id: str, parents: Mapping[str, str]) -> Sequence[str]:
    found: list[str] = []
    at = parents.get(step_id)
    while at is not None and at not in found:
        found.append(at)
        at = parents.get(at)
    return found


def _anchors(step: Step) -> set[Anchor]:
    return {moment.anchor for moment in (step.when, step.until) if moment is not None}
