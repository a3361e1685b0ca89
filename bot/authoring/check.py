"""Check: all that can be said of content before anyone publishes it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from bot.authoring import captions, crowding, reading, wording
from bot.authoring.longest import cases
from bot.authoring.preview import persona_faults
from bot.content import hashes, sources
from bot.content.directory import PATH as DIRECTORY
from bot.content.directory import stale
from bot.content.load import CRISIS, REPLIES, Content, load
from bot.content.replies import REPLY_VALUES
from bot.domain.address import ChannelName
from bot.domain.campaign import Campaign
from bot.domain.family import Role
from bot.domain.revision import LABEL, REVIEW_NEAR
from bot.domain.timeline import GESTATION
from bot.errors import ContentError, Fault
from bot.words import sms
from bot.words.render import FALLBACK, Rendered
from bot.words.sms import Encoding, Parts
from bot.words.template import Template

NAMES = "menu"
"""The value that names languages, each in its own letters: the one that may double a price in English."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one message costs at its longest. `role` is None for replies; on Telegram `parts` is 1."""

    campaign: str
    step: str
    role: Role | None
    channel: ChannelName
    language: str
    characters: int
    encoding: Encoding
    parts: int


@dataclass(frozen=True, slots=True)
class Report:
    """`faults` must be mended; `warnings` read; `advice` says what live mode would still refuse.

    `content` is what was checked; None when it could not be loaded.
    """

    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
    advice: tuple[str, ...] = ()
    table: tuple[Line, ...] = ()
    content: Content | None = None

    @property
    def ok(self) -> bool:
        """Whether the content may be published."""
        return not self.faults


def check(
    files: Mapping[str, str],
    today: date,
    *,
    published: Mapping[str, Iterable[str]] | None = None,
    approved: Collection[tuple[str, str]] | None = None,
) -> Report:
    """Everything wrong with `files`, what is worth a look, and the price of every message.

    `published`: step ids that the database has published, by campaign; none may vanish. `approved`:
    (words hash, language) of all approvals; None where no database was asked, then nothing is said.
    """
    try:
        content = load(files, published)
    except ContentError as error:
        return Report(faults=error.faults)
    words = _Words(content)
    words.try_all()
    directory = stale(content.files[DIRECTORY], content.config.directory, today)
    dates = [*_reviews(content, today), *_unset_days(content, today)]
    warnings = [*words.warnings, *dates, *_unapproved(content, approved), *directory]
    return Report(
        faults=tuple(
            sorted(
                {
                    *words.faults,
                    *_crowded(content, today),
                    *_unsourced(content),
                    *persona_faults(content),
                    *captions.too_long(content),
                }
            )
        ),
        warnings=tuple(sorted(set(warnings))),
        advice=tuple(_before_live(content)),
        table=tuple(words.lines),
        content=content,
    )


@dataclass(slots=True)
class _Words:
    """Tries every message with its longest values, each template once a channel."""

    content: Content
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    _tried: dict[tuple[str, ChannelName], tuple[int, Parts] | None] = field(default_factory=dict)

    def try_all(self) -> None:
        """Every step for every role and channel in every language it is written in; every reply."""
        words, languages = self.content.words, self.content.config.language_codes
        for path in sorted(words.paths):
            template = words.at(path)
            if template is not None:
                self.faults += wording.forbidden(template)
        for language in languages:
            for campaign in self.content.campaigns.values():
                self._campaign(campaign, language)
            for key in REPLY_VALUES:
                for channel in ChannelName:
                    found = words.find_reply(key, channel, language)
                    self._line(found, (REPLIES, key), None, channel, language)

    def _campaign(self, campaign: Campaign, language: str) -> None:
        for step in campaign.steps:
            for role in (role for role in Role if role in step.to and not step.retired):
                for channel in ChannelName:
                    found = self.content.words.find(step.key, role, channel, language)
                    self._line(found, step.key, role, channel, language)

        if any(step.menu for step in campaign.steps):
            found = self.content.words.find((campaign.id, LABEL), Role.CARER, ChannelName.SMS, language)
            self._label(found, language)

    def _label(self, template: Template | None, language: str) -> None:
        if template is None:
            return
        try:
            body = self.content.words.message(template, ChannelName.SMS, language, {}).body
        except ContentError as error:
            self.faults += error.faults
            return
        self.faults += wording.label(template, body)
        if language == FALLBACK:
            self.faults += wording.dear(template, body)
            self.warnings += wording.on_the_list(template, body)

    def _line(
        self,
        template: Template | None,
        key: tuple[str, str],
        role: Role | None,
        channel: ChannelName,
        language: str,
    ) -> None:
        if template is None:  # not translated: the whole message goes in English
            return
        place = (template.path, channel)
        if place not in self._tried:
            self._tried[place] = self._try(template, role, channel, language)
        longest = self._tried[place]
        if longest is not None:
            characters, cost = longest
            parts = cost.parts if channel is ChannelName.SMS else 1
            self.lines.append(Line(*key, role, channel, language, characters, cost.encoding, parts))

    def _try(
        self, template: Template, role: Role | None, channel: ChannelName, language: str
    ) -> tuple[int, Parts] | None:
        """The longest of what a template can say, as (characters, cost); None when it cannot be said."""
        bodies = []
        for values in cases(self.content, self.content.words, template, language):
            try:
                said = self.content.words.message(template, channel, language, values)
            except ContentError as error:
                self.faults += error.faults
                return None
            bodies.append(said)
        longest = max(bodies, key=lambda said: (sms.count(said.body).parts, len(said.body)))
        self._judge(template, longest, role, channel)
        return len(longest.body), sms.count(longest.body)

    def _judge(self, template: Template, said: Rendered, role: Role | None, channel: ChannelName) -> None:
        if channel is ChannelName.SMS:
            self.faults += wording.too_long(template, said.body, said.language)
            if said.language == FALLBACK and NAMES not in template.placeholders:
                self.faults += wording.dear(template, said.body)
        if role is not None and said.language == FALLBACK:
            self.warnings += wording.telling(template, said.body)
            self.warnings += reading.hard(template, said.body)


def _crowded(content: Content, today: date) -> Iterator[Fault]:
    """Essential steps that the cap would keep out (P8)."""
    steps = [step for campaign in content.campaigns.values() for step in campaign.steps]
    config = content.config
    for found in crowding.squeezed(steps, config.calendar, config.cap, crowding.due_dates(today)):
        message = (
            f"A {found.role} who joins {_joined(found.joined)} would never get this: "
            f"others fill the days until it closes ({found.days} joining days). "
            "Open it for longer, close it on another day, or make fewer steps essential."
        )
        yield content.step_fault(found.step.key, message, "importance")


def _unsourced(content: Content) -> Iterator[Fault]:
    """Sources that nobody has put on the list, and what is wrong with the list itself."""
    try:
        yield from sources.unknown(content.files, content.written.values(), content.config.services)
    except ContentError as error:
        yield from error.faults


def _joined(days: int) -> str:
    """ "at 33w+2 of pregnancy" or "3 days after the due date"."""
    if days > 0:
        return f"{days} days after the due date"
    weeks, rest = divmod(days + GESTATION.days, 7)
    return f"at {weeks}w+{rest} of pregnancy"


def _reviews(content: Content, today: date) -> Iterator[Fault]:
    """Campaigns whose review date has passed, or comes near (P9)."""
    for written in content.written.values():
        day = written.campaign.review_by
        if day < today:
            message = f"The review date {day} has passed: live mode sends nothing of this. Review it."
        elif day <= today + REVIEW_NEAR:
            message = f"The review date {day} is near: after it live mode sends nothing of this. Review it."
        else:
            continue
        yield written.document.fault(("review", "review_by"), message)


def _unset_days(content: Content, today: date) -> Iterator[Fault]:
    """Steps on a named day that nobody has verified, or that lies behind us: nothing of them is sent."""
    for written in content.written.values():
        for step in written.campaign.steps:
            name = step.when.name
            if name is None or step.retired:
                continue
            days = content.config.calendar.days.get(name, {})
            if all(day < today for day in days.values()):
                message = f"Nobody has verified when {name} is next (config/calendar.yaml): nothing is sent."
                yield written.fault(step.id, f"{message} Find its day, and write it there.", "when")


def _unapproved(content: Content, approved: Collection[tuple[str, str]] | None) -> Iterator[Fault]:
    """Words that nobody has approved as they stand, a line for each campaign and language."""
    if approved is None:
        return
    for name in content.packs:
        missing: dict[str, list[str]] = {}
        for (key, language), words_hash in hashes.words(content.pack(name)).items():
            if (words_hash, language) not in approved:
                missing.setdefault(language, []).append(key)
        for language, keys in sorted(missing.items()):
            path = f"templates/{language}/{name if name != CRISIS else f'{REPLIES}/{CRISIS}'}"
            command = f"thinkfamily approve {name} --language {language} --by APPROVER"
            message = f"{len(keys)} messages are not approved as they stand. Publish, then: {command}"
            yield Fault(path, 1, 1, message)


def _before_live(content: Content) -> Iterator[str]:
    """What live mode would refuse for, as far as the files tell."""
    config = content.config
    if config.duty.missing:
        yield f"config/default.yaml: duty is not filled in ({', '.join(config.duty.missing)})."
    if not config.approvers:
        yield "config/approvers.yaml: nobody is named who may approve words."
    if config.organisation.link_is_missing:
        yield "config/default.yaml: organisation: privacy_link is not set, or is a placeholder."
    for language in config.live_languages:
        if not language.reviewed:
            yield f"config/default.yaml: nobody has reviewed {language.name}; it is a draft until then."
    for file, language in config.unreviewed_words():
        yield f"config/{file}.yaml: nobody has reviewed the words by which {language.name} is understood."
    if config.twilio_keywords_off_confirmed is None:
        yield "config/default.yaml: nobody has confirmed that Twilio's own keyword answers are off."
