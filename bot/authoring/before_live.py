"""Before live: what live mode would refuse to start for, as far as the files tell, each at its line."""

from __future__ import annotations

from collections.abc import Iterator

from bot.content.document import Document, Place, read
from bot.content.load import Content
from bot.errors import Fault

_DEFAULT, _APPROVERS = "config/default.yaml", "config/approvers.yaml"


def before_live(content: Content) -> Iterator[Fault]:
    """Everything that somebody still has to fill in, name or review."""
    config, files = content.config, content.files
    default = read(_DEFAULT, files[_DEFAULT])
    if config.duty.missing:
        yield default.fault(("duty",), f"duty is not filled in ({', '.join(config.duty.missing)}).", key=True)
    if not config.approvers:
        document = read(_APPROVERS, files[_APPROVERS])
        yield document.fault(("approvers",), "Nobody is named who may approve words.", key=True)
    if config.organisation.link_is_missing:
        message = "organisation: privacy_link is not set, or is a placeholder."
        yield default.fault(("organisation", "privacy_link"), message, key=True)
    if config.twilio_keywords_off_confirmed is None:
        message = "Nobody has confirmed that Twilio's own keyword answers are off."
        yield default.fault(("twilio_keywords_off_confirmed",), message, key=True)
    yield from _unreviewed(content, default)


def _unreviewed(content: Content, default: Document) -> Iterator[Fault]:
    config = content.config
    for number, language in enumerate(config.languages):
        if language in config.live_languages and not language.reviewed:
            message = f"Nobody has reviewed {language.name}; it is a draft until then."
            yield default.fault(("languages", number, "reviewed"), message)
    for file, language in config.unreviewed_words():
        document = read(f"config/{file}.yaml", content.files[f"config/{file}.yaml"])
        place: Place = (language.code, "reviewed") if language.code in _keys(document) else ()
        message = f"Nobody has reviewed the words by which {language.name} is understood."
        yield document.fault(place, message)


def _keys(document: Document) -> frozenset[str]:
    """The keys at the top of a document."""
    return frozenset(document.values) if isinstance(document.values, dict) else frozenset()
