"""Trial: every message made with its longest values, each template once a channel, and judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from bot.authoring import reading, spelling, wording
from bot.authoring.findings import Finding, Level, found
from bot.authoring.longest import cases
from bot.content.hashes import split
from bot.content.load import REPLIES, Content
from bot.content.phrases import Group, Phrases
from bot.content.replies import REPLY_VALUES
from bot.domain.address import ChannelName
from bot.domain.campaign import Campaign
from bot.domain.family import Role
from bot.domain.revision import LABEL
from bot.errors import ContentError, Fault
from bot.words import sms
from bot.words.render import FALLBACK, Rendered, Words
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


def written(words: Words, minds: Callable[[Group, str], bool], phrases: Phrases) -> Iterator[Finding]:
    """What can be said of templates as they are written, whether or not they can be made into messages.

    `minds` says whether a group of phrases is looked for at a path.
    """
    for path in sorted(words.paths):
        try:
            template = words.at(path)
        except ContentError:  # loading has said so
            continue
        if template is None:
            continue
        yield from found(Level.ERROR, "words", wording.forbidden(template))
        if path.startswith(f"templates/{FALLBACK}/"):
            yield from found(Level.WARNING, "words", wording.unwritten(template))
            plain = " ".join(template.text.casefold().split())
            for group in phrases.groups:
                if group.may_stand(plain) and minds(group, path):
                    yield from found(Level.ERROR, "phrase", wording.refused(template, group))
            yield from found(Level.WARNING, "spelling", spelling.misspelt(template, phrases.known))


def minded(campaigns: Iterable[Campaign]) -> Callable[[Group, str], bool]:
    """Whether a group of phrases is looked for at a path."""
    known = {campaign.id: campaign for campaign in campaigns}

    def minds(group: Group, path: str) -> bool:
        folder, key = path.split("/")[2], split(path)[1]
        if folder == REPLIES:
            return group.minds_reply(key)
        step = known[folder].step(key) if folder in known else None
        return step is not None and group.minds_step(known[folder], step)

    return minds


@dataclass(slots=True)
class Trial:
    """Tries every message, and keeps what was found and a line for each."""

    content: Content
    findings: list[Finding] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    _tried: dict[tuple[str, ChannelName], tuple[int, Parts] | None] = field(default_factory=dict)

    def try_all(self) -> None:
        """Every step for every role and channel in every language it is written in; every reply."""
        for language in self.content.config.language_codes:
            for campaign in self.content.campaigns.values():
                self._campaign(campaign, language)
            for key in REPLY_VALUES:
                for channel in ChannelName:
                    reply = self.content.words.find_reply(key, channel, language)
                    self._line(reply, (REPLIES, key), None, channel, language)

    def _campaign(self, campaign: Campaign, language: str) -> None:
        for step in campaign.steps:
            for role in (role for role in Role if role in step.to and not step.retired):
                for channel in ChannelName:
                    words = self.content.words.find(step.key, role, channel, language)
                    self._line(words, step.key, role, channel, language)
        if any(step.menu for step in campaign.steps):
            self._label(self.content.words.find((campaign.id, LABEL), Role.CARER, ChannelName.SMS, language))

    def _label(self, template: Template | None) -> None:
        """A line of the list of topics: short, cheap, and telling nothing."""
        if template is None:
            return
        language = split(template.path)[0]
        try:
            body = self.content.words.message(template, ChannelName.SMS, language, {}).body
        except ContentError as error:
            self._found(Level.ERROR, "words", error.faults)
            return
        self._found(Level.ERROR, "length", wording.label(template, body))
        if language == FALLBACK:
            self._found(Level.ERROR, "alphabet", wording.dear(template, body))
            self._found(Level.WARNING, "locked-phone", wording.on_the_list(template, body))

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
                bodies.append(self.content.words.message(template, channel, language, values))
            except ContentError as error:
                self.findings += found(Level.ERROR, "words", error.faults)
                return None
        longest = max(bodies, key=lambda said: (sms.count(said.body).parts, len(said.body)))
        self._judge(template, longest, role, channel)
        return len(longest.body), sms.count(longest.body)

    def _judge(self, template: Template, said: Rendered, role: Role | None, channel: ChannelName) -> None:
        english = said.language == FALLBACK
        if channel is ChannelName.SMS:
            self._found(Level.ERROR, "length", wording.too_long(template, said.body, said.language))
            if english and NAMES not in template.placeholders:
                self._found(Level.ERROR, "alphabet", wording.dear(template, said.body))
        if role is not None and english:
            staff = role is Role.PROFESSIONAL
            self._found(Level.WARNING, "locked-phone", wording.telling(template, said.body))
            self._found(Level.WARNING, "reading-age", reading.hard(template, said.body, professional=staff))
            if not staff:
                self._found(Level.ADVICE, "sentence", reading.long_sentences(template, said.body))

    def _found(self, level: Level, rule: str, faults: Iterable[Fault]) -> None:
        self.findings += found(level, rule, faults)
