"""Every template against what it is for: a step or a reply that exists, a role it goes to, known values."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from bot.content.campaigns import Written
from bot.content.config import Config
from bot.content.hashes import split
from bot.content.replies import NAMES, REPLY_VALUES
from bot.domain.address import ChannelName
from bot.domain.campaign import Anchor, Campaign, Step
from bot.domain.family import Role
from bot.domain.revision import LABEL
from bot.errors import ContentError, Fault
from bot.words.render import FALLBACK, Words, reply_paths, step_paths
from bot.words.template import Template

PREGNANCY_VALUES = frozenset({"due_date", "weeks"})
"""What a due date gives to the words of a step that counts from it."""

REPLIES = "replies"


@dataclass(frozen=True, slots=True)
class Room:
    """What a template is checked against. `config` is None while config itself is faulty."""

    campaigns: Mapping[str, Written]
    unread: Collection[str]  # campaigns whose own file is faulty: their templates are not judged
    config: Config | None
    words: Words


def faults(room: Room) -> Iterator[Fault]:
    """Everything wrong with the templates, and every template that is missing."""
    shared = frozenset() if room.config is None else frozenset(room.config.values())
    for path in sorted(room.words.paths):
        wrong = _misplaced(room, path)
        if wrong is not None:
            yield Fault(path, 1, 1, wrong)
            continue
        try:
            template = room.words.at(path)
        except ContentError as error:
            yield from error.faults
            continue
        if template is not None and room.config is not None:
            yield from _unknown_values(room, room.config, shared, template)
        if _never_used(room, path):
            message = (
                "Nobody would ever get these words: there are nearer ones for everybody. Delete the file."
            )
            yield Fault(path, 1, 1, message)
    yield from _missing_steps(room)
    yield from _missing_replies(room)


def _misplaced(room: Room, path: str) -> str | None:
    """Why no step or reply can use the file at this path."""
    if path.count("/") < 3:
        return "Templates live in templates/<language>/<campaign>/ or replies/. Move the file there."
    language, key, variant = split(path)
    folder = path.split("/")[2]
    if room.config is not None and language not in room.config.language_codes:
        return f"The language {language} is not in config/default.yaml. Add it there, or rename the folder."
    if folder == REPLIES:
        if key in NAMES and language == FALLBACK:
            return "What these are called in English stands in config/directory.yaml. Delete the file."
        if key not in REPLY_VALUES and key not in NAMES:
            return f"There is no reply {key}.{_near(key, REPLY_VALUES)} Rename the file, or delete it."
        return _bad_variant(variant, None)
    if folder in room.unread:
        return None
    if folder not in room.campaigns:
        near = _near(folder, room.campaigns)
        return f"There is no campaign {folder}.{near} Rename the folder, or write campaigns/{folder}.yaml."
    if key == LABEL:
        return _bad_label(room.campaigns[folder].campaign, variant)
    step = next((step for step in room.campaigns[folder].campaign.steps if step.id == key), None)
    if step is None:
        ids = [step.id for step in room.campaigns[folder].campaign.steps if not step.retired]
        near = _dotless(key, ids) or _near(key, ids)
        return f"No step of {folder} is called {key}.{near} Rename the file, or delete it."
    return _bad_variant(variant, step)


def _bad_label(campaign: Campaign, variant: str) -> str | None:
    if not any(step.menu for step in campaign.steps):
        return f"{campaign.id} stands in no list of topics. Write menu: WORD in its file, or delete this."
    return f"{LABEL} has no words by role or channel. Name the file {LABEL}.j2." if variant else None


def _never_used(room: Room, path: str) -> bool:
    """Whether every role and channel of a step finds a file of its own before it comes to this one."""
    language, key, _ = split(path)
    folder = path.split("/")[2]
    step = room.campaigns[folder].campaign.step(key) if folder in room.campaigns else None
    if step is None or step.retired:
        return False
    tried = (step_paths(step.key, role, channel, language) for role in step.to for channel in ChannelName)
    return all(next((one for one in paths if one in room.words.paths), None) != path for paths in tried)


def _bad_variant(variant: str, step: Step | None) -> str | None:
    """[role][.channel] after the name; replies have no role."""
    parts = variant.split(".") if variant else []
    channels = list(ChannelName)
    if parts and parts[-1] in channels:
        parts.pop()
    if not parts:
        return None
    if (
        step is not None
        and len(parts) == 1
        and parts[0].casefold() in list(Role)
        and parts[0] not in list(Role)
    ):
        return f"Roles are written small. Name the file {step.id}.{variant.casefold()}.j2."
    if step is None or len(parts) > 1 or parts[0] not in list(Role):
        what = "a channel" if step is None else "a role or channel"
        return (
            f"{parts[0]} is not {what}. Name the file <name>{'' if step is None else '[.role]'}[.channel].j2."
        )
    if parts[0] not in step.to:
        return f"{step.id} does not go to {parts[0]}. Add the role to its `to`, or delete the file."
    return None


def _unknown_values(
    room: Room, config: Config, shared: frozenset[str], template: Template
) -> Iterator[Fault]:
    known = shared | _own_values(room, template.path)
    for name, line in sorted(template.lines.items()):
        if name not in known:
            yield Fault(template.path, line, 1, _unknown(config, name, known))


def _own_values(room: Room, path: str) -> frozenset[str]:
    """The values that a template gets besides the shared ones: not everybody has a due date."""
    _, key, _ = split(path)
    folder = path.split("/")[2]
    if folder == REPLIES:
        return REPLY_VALUES.get(key, frozenset())
    if folder not in room.campaigns or key == LABEL:
        return PREGNANCY_VALUES if key != LABEL else frozenset()
    counted_from = _root(room.campaigns[folder].campaign, key)
    return PREGNANCY_VALUES if counted_from in (Anchor.DUE, Anchor.CORRECTED) else frozenset()


def _root(campaign: Campaign, step_id: str) -> Anchor:
    """What a step counts from in the end, through the steps it comes after."""
    steps = {step.id: step for step in campaign.steps}
    seen: set[str] = set()
    step = steps[step_id]
    while step.when.step in steps and step.id not in seen:
        seen.add(step.id)
        step = steps[step.when.step]
    return step.when.anchor


def _unknown(config: Config, name: str, known: Collection[str]) -> str:
    if "name" in name.casefold():
        return f"There is no value {name}: we keep nobody's name. Write it without."
    if name in PREGNANCY_VALUES:
        return f"{name} is known only where a step counts from pregnancy. Write it without."
    service_id, _, what = name.rpartition("_")
    service = next((entry for entry in config.services if entry.id == service_id), None)
    if service is not None and what in ("phone", "text", "web"):
        if not service.usable:
            where = "in config/directory.yaml"
            return f"{service_id} is not verified {where}. Have it checked there, or take it out."
        return f"{service_id} has no {what} in config/directory.yaml. Add it there, or use another value."
    return f"There is no value {name}.{_near(name, known)} Use a value that exists."


def _dotless(key: str, ids: Collection[str]) -> str:
    """A role joined to the step's id by something else than a dot: offer_father."""
    found = re.fullmatch(rf"(\w+)[ _-]({'|'.join(Role)})", key)
    return f" A dot comes before the role: {found[1]}.{found[2]}.j2." if found and found[1] in ids else ""


def _near(name: str, known: Collection[str]) -> str:
    found = difflib.get_close_matches(name, sorted(known), n=1)
    return f" Did you mean {found[0]}?" if found else ""


def _missing_steps(room: Room) -> Iterator[Fault]:
    """For every role in `to` there are English words on every channel."""
    for written in room.campaigns.values():
        for step in written.campaign.steps:
            if not step.retired:
                yield from _missing_words(room, written, step)
        path = f"templates/{FALLBACK}/{written.campaign.id}/{LABEL}.j2"
        if any(step.menu and step.chosen for step in written.campaign.steps) and path not in room.words.paths:
            message = f"Its line in the list of topics has no words. Write {path}."
            yield written.document.fault(("menu",), message)


def _missing_words(room: Room, written: Written, step: Step) -> Iterator[Fault]:
    for role in Role:
        wordless = [
            channel
            for channel in ChannelName
            if role in step.to and room.words.paths.isdisjoint(step_paths(step.key, role, channel, FALLBACK))
        ]
        if wordless:
            path = f"templates/{FALLBACK}/{step.campaign}/{step.id}"
            where = "" if len(wordless) == len(ChannelName) else f" on {wordless[0]}"
            message = f"There are no words for {role}{where}. Write {path}.{role}.j2 or {path}.j2."
            yield written.fault(step.id, message)


def _missing_replies(room: Room) -> Iterator[Fault]:
    for key in sorted(REPLY_VALUES):
        for channel in ChannelName:
            if room.words.paths.isdisjoint(reply_paths(key, channel, FALLBACK)):
                path = f"templates/{FALLBACK}/{REPLIES}/{key}.j2"
                yield Fault(path, 1, 1, "The file is missing. Write this reply: people are answered with it.")
                break
