"""What a deployment sets, as values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from urllib.parse import urlsplit

from bot.domain.campaign import Calendar, CapRules
from bot.domain.directory import Directory, Service
from bot.words.characters import normalise

BOT_NAME = "Think Family"
_EXAMPLES = frozenset({"example.org", "example.com", "example.net"})  # RFC 2606
_RESERVED = frozenset({"example", "invalid", "localhost", "test"})

Phrases = Mapping[str, "Phrases"] | Sequence[str] | str | bool
Lexicon = Mapping[str, Mapping[str, Phrases]]
"""Language -> name -> phrases, as config/keywords.yaml and config/crisis.yaml write it."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """Who sends. What is None is not known yet; live mode may refuse to start without it."""

    name: str
    short_name: str
    privacy_link: str | None
    sms_number: str | None
    telegram_bot: str | None

    @property
    def link_is_missing(self) -> bool:
        """Whether the privacy notice is not set, or leads to a name that is reserved for examples."""
        host = (urlsplit(self.privacy_link or "").hostname or "").lower()
        return not host or host.split(".")[-1] in _RESERVED or ".".join(host.split(".")[-2:]) in _EXAMPLES


@dataclass(frozen=True, slots=True)
class Quiet:
    """Staged messages begin at or after `start` and before `until`, London time."""

    start: time
    until: time


@dataclass(frozen=True, slots=True)
class Language:
    """A language that people are offered; `reviewed` by a person who speaks it."""

    code: str
    name: str
    reviewed: bool


@dataclass(frozen=True, slots=True)
class Duty:
    """The safeguarding duty; live mode refuses to start while something is missing."""

    role: str | None
    hours: str | None
    contact: str | None
    may_see_numbers: str | None
    when_to_refer: str | None

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of what nobody has filled in."""
        return tuple(name for name in self.__slots__ if not getattr(self, name))


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept, and (`reply_minutes`) how long a reply is worth sending."""

    texts_days: int
    dates_after_end_days: int
    signup_days: int
    stopped_numbers_days: int
    reply_minutes: int


@dataclass(frozen=True, slots=True)
class CheckIn:
    """P3: the neutral question goes `after_due_days`; after `silence_days` without answer, a hold."""

    after_due_days: int
    silence_days: int


@dataclass(frozen=True, slots=True)
class Approver:
    """Who may approve words, in which languages."""

    id: str
    name: str
    role: str
    registration: str
    languages: frozenset[str]


@dataclass(frozen=True, slots=True)
class Config:
    """Everything in config/, checked. `directory` is whole, with the services that may not be sent."""

    organisation: Organisation
    quiet: Quiet
    cap: CapRules
    languages: tuple[Language, ...]
    duty: Duty
    retention: Retention
    check_in: CheckIn
    twilio_keywords_off_confirmed: date | None
    calendar: Calendar
    directory: Directory
    approvers: tuple[Approver, ...]
    authors: frozenset[str]
    keywords: Lexicon
    crisis: Lexicon
    pence_a_part: float | None = None  # what one SMS part costs; None: not known

    @property
    def services(self) -> tuple[Service, ...]:
        """Every service of the directory, usable or not, in its order."""
        return self.directory.services

    @property
    def asked_about(self) -> tuple[str, ...]:
        """Every topic that people can ask about, in any language; English gives the order."""
        blocks = sorted(self.keywords.items(), key=lambda block: block[0] != "en")
        listed = [topics for _, block in blocks if isinstance(topics := block.get("topics"), Mapping)]
        return tuple(dict.fromkeys(topic for topics in listed for topic in topics))

    @property
    def language_codes(self) -> tuple[str, ...]:
        """The codes of the languages offered, in the order they are offered."""
        return tuple(language.code for language in self.languages)

    @property
    def live_languages(self) -> tuple[Language, ...]:
        """English, and what a person has reviewed: the others are drafts, which live mode does not offer."""
        return tuple(language for language in self.languages if language.reviewed or language.code == "en")

    def unreviewed_words(self) -> Iterator[tuple[str, Language]]:
        """(keywords or crisis, language): those of live mode that are understood by words nobody reviewed."""
        for language in self.live_languages:
            for file, lexicon in (("keywords", self.keywords), ("crisis", self.crisis)):
                if lexicon.get(language.code, {}).get("reviewed") is not True:
                    yield file, language

    def approver(self, approver_id: str) -> Approver | None:
        """The approver with this id."""
        return next((entry for entry in self.approvers if entry.id == approver_id), None)

    def values(self) -> dict[str, str]:
        """The values every template may name; "" for what is not known yet, for {% if %} to ask."""
        return organisation_values(self.organisation) | directory_values(self.services)


def organisation_values(sender: Organisation) -> dict[str, str]:
    """What templates may say of the sender."""
    link = "" if sender.telegram_bot is None else f"t.me/{sender.telegram_bot}"
    return {
        "organisation": sender.name,
        "place": sender.short_name,
        "bot_name": BOT_NAME,
        "privacy_link": sender.privacy_link or "",
        "join_number": sender.sms_number or "",
        "telegram_link": link,
    }


def directory_values(services: Sequence[Service]) -> dict[str, str]:
    """`<id>_phone`, `<id>_text` and `<id>_web` of every usable service that has them."""
    return {
        f"{service.id}_{name}": contact
        for service in services
        if service.usable
        for name, contact in (("phone", service.phone), ("text", service.text), ("web", service.web))
        if contact is not None
    }


def phrases_in(node: Phrases) -> set[str]:
    """All the phrases somewhere in an entry of a lexicon, as they are compared."""
    if isinstance(node, Mapping):
        return set().union(*map(phrases_in, node.values()))
    if isinstance(node, str):
        return {normalise(node.removeprefix("="))}  # = says that it is meant as the whole message
    return set() if isinstance(node, bool) else set().union(*map(phrases_in, node))
