"""Check: all that can be said of content before anyone publishes it, in one run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from bot.authoring import captions, crowding, links, spread
from bot.authoring.before_live import before_live
from bot.authoring.findings import Finding, Level, found
from bot.authoring.preview import persona_faults, unknown_topics
from bot.authoring.trial import Line, Trial, minded, written
from bot.authoring.untranslated import untranslated
from bot.content import hashes, sources, strategy
from bot.content.directory import PATH as DIRECTORY
from bot.content.directory import stale
from bot.content.kept import Published
from bot.content.load import CRISIS, REPLIES, Content, Examined, examine
from bot.content.phrases import Phrases, phrases
from bot.domain.revision import REVIEW_NEAR
from bot.domain.timeline import GESTATION
from bot.errors import ContentError, Fault


@dataclass(frozen=True, slots=True)
class Approved:
    """What the database knows of approvals.

    `words`: (words hash, language) of all of them. `texts`: (pack, key, language) of every text that was ever
    approved, whatever it said then.
    """

    words: Collection[tuple[str, str]]
    texts: Collection[tuple[str, str, str]] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was found, in the order of the files, and what each message costs.

    `content` is what was checked; None when it could not be loaded.
    """

    findings: tuple[Finding, ...] = ()
    table: tuple[Line, ...] = ()
    content: Content | None = None

    @property
    def ok(self) -> bool:
        """Whether the content may be published."""
        return not self.faults

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What must be mended."""
        return self.of(Level.ERROR)

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """What would harm or fail somebody, whether the author can mend it or a person has to see to it."""
        return self.of(Level.WARNING, Level.PENDING)

    @property
    def advice(self) -> tuple[Fault, ...]:
        """What is worth knowing."""
        return self.of(Level.ADVICE)

    def of(self, *levels: Level) -> tuple[Fault, ...]:
        """The findings of these levels."""
        return tuple(one.fault for one in self.findings if one.level in levels)

    def fails(self, *, strict: bool) -> bool:
        """Whether the check fails: for an error; strictly for a warning too, unless only a person can lift
        it by an approval or a review."""
        return any(one.strict if strict else one.level is Level.ERROR for one in self.findings)


def check(
    files: Mapping[str, str],
    today: date,
    *,
    published: Published | None = None,
    approved: Approved | None = None,
) -> Report:
    """Everything wrong with `files`, what is worth a look, and the price of every message.

    `published`: what the database has published, as `load` takes it. Without `approved` nothing is said of
    approvals.
    """
    examined = examine(files, published)
    findings = list(found(Level.ERROR, "content", examined.faults))
    findings += _written(files, examined)
    content, lines = examined.content, list[Line]()
    if content is not None:
        trial = Trial(content)
        trial.try_all()
        lines = trial.lines
        findings += [*trial.findings, *_of_steps(content, today), *_of_people(content, today, approved)]
    return Report(tuple(sorted(set(findings))), tuple(lines), content)


def _written(files: Mapping[str, str], examined: Examined) -> Iterator[Finding]:
    """What can be said of words and sources whether or not all of it can be loaded."""
    refused = Phrases((), frozenset())
    try:
        refused = phrases(files)
    except ContentError as error:
        yield from found(Level.ERROR, "content", error.faults)
    yield from written(examined.words, minded(one.campaign for one in examined.written.values()), refused)
    services = () if examined.content is None else examined.content.config.services
    campaigns = examined.written.values()
    yield from _or_faults("source", lambda: sources.unknown(files, campaigns, services))
    yield from _or_faults("objective", lambda: strategy.strange(files, campaigns))


def _or_faults(rule: str, look: Callable[[], Iterable[Fault]]) -> Iterator[Finding]:
    """What was found; or what is wrong with the list that is looked in."""
    try:
        yield from found(Level.ERROR, rule, list(look()))
    except ContentError as error:
        yield from found(Level.ERROR, "content", error.faults)


def _of_steps(content: Content, today: date) -> Iterator[Finding]:
    """Who gets what and when, and what nobody gets."""
    yield from found(Level.ERROR, "cap", _crowded(content, today))
    yield from found(Level.ERROR, "short-link", links.hidden(content))
    yield from found(Level.ERROR, "length", captions.too_long(content))
    yield from found(Level.ERROR, "content", persona_faults(content))
    yield from found(Level.ADVICE, "content", unknown_topics(content))
    yield from found(Level.ADVICE, "overlap", spread.overlaps(content))
    yield from found(Level.ADVICE, "load", spread.unfit(content, today))
    yield from found(Level.ADVICE, "season", spread.two_seasons(content))
    yield from found(Level.ADVICE, "translation", untranslated(content))


def _of_people(content: Content, today: date, approved: Approved | None) -> Iterator[Finding]:
    """What somebody has to look at, approve or fill in."""
    yield from _reviews(content, today)
    directory = stale(content.files[DIRECTORY], content.config.directory, today)
    yield from found(Level.PENDING, "directory", directory)
    yield from found(Level.PENDING, "calendar", _unset_days(content, today))
    yield from found(Level.ADVICE, "before-live", before_live(content))
    if approved is not None:
        yield from found(Level.PENDING, "approval", _unapproved(content, approved))


def _crowded(content: Content, today: date) -> Iterator[Fault]:
    """Essential steps that the cap would keep out (P8)."""
    steps = [step for campaign in content.campaigns.values() for step in campaign.steps]
    config = content.config
    for one in crowding.squeezed(steps, config.calendar, config.cap, crowding.due_dates(today)):
        message = (
            f"A {one.role} who joins {_joined(one.joined)} would never get this: "
            f"others fill the days until it closes ({one.days} joining days). "
            "Open it for longer, close it on another day, or make fewer steps essential."
        )
        yield content.step_fault(one.step.key, message, "importance")


def _joined(days: int) -> str:
    """ "at 33w+2 of pregnancy" or "3 days after the due date"."""
    if days > 0:
        return f"{days} days after the due date"
    weeks, rest = divmod(days + GESTATION.days, 7)
    return f"at {weeks}w+{rest} of pregnancy"


def _reviews(content: Content, today: date) -> Iterator[Finding]:
    """Campaigns whose review date has passed, or comes near (P9)."""
    for one in content.written.values():
        day = one.campaign.review_by
        if day < today:
            message = f"The review date {day} has passed: live mode sends nothing of this. Review it."
        elif day <= today + REVIEW_NEAR:
            message = f"The review date {day} is near: after it live mode sends nothing of this. Review it."
        else:
            continue
        level = Level.WARNING if day < today else Level.PENDING
        yield Finding(one.document.fault(("review", "review_by"), message), level, "review")


def _unset_days(content: Content, today: date) -> Iterator[Fault]:
    """Steps on a named day that nobody has verified, or that lies behind us: nothing of them is sent."""
    for one in content.written.values():
        for step in one.campaign.steps:
            name = step.when.name
            if name is None or step.retired:
                continue
            days = content.config.calendar.days.get(name, {})
            if all(day < today for day in days.values()):
                message = f"Nobody has verified when {name} is next (config/calendar.yaml): nothing is sent."
                yield one.fault(step.id, f"{message} Find its day, and write it there.", "when")


def _unapproved(content: Content, approved: Approved) -> Iterator[Fault]:
    """Words that nobody has approved as they stand, a line for each campaign and language."""
    for name in content.packs:
        missing: dict[str, list[str]] = {}
        for (key, language), words_hash in hashes.words(content.pack(name)).items():
            if (words_hash, language) not in approved.words:
                missing.setdefault(language, []).append(key)
        for language, keys in sorted(missing.items()):
            path = f"templates/{language}/{name if name != CRISIS else f'{REPLIES}/{CRISIS}'}"
            command = f"thinkfamily approve {name} --language {language} --by APPROVER"
            void = sorted(key for key in keys if (name, key, language) in approved.texts)
            edited = f" Edited since they were approved: {', '.join(void)}." if void else ""
            message = f"{len(keys)} messages are not approved as they stand.{edited} Publish, then: {command}"
            yield Fault(path, 1, 1, message)
