"""All content at once: checked against itself, or every fault in every file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from bot.content import config_files, hashes, pictures, steps, templates
from bot.content.campaigns import FOLDER, Written, read_campaign
from bot.content.config import Config
from bot.content.files import Files
from bot.content.kept import Published
from bot.domain.campaign import Campaign
from bot.errors import ContentError, Fault, NotFound
from bot.words import picture
from bot.words.render import Words

REPLIES, CRISIS = "replies", "crisis"
"""The packs that are not campaigns: what people are answered with, and what they are answered in a crisis."""


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """What authors wrote, whole and checked. `campaigns` are by id, in order. One is like no other."""

    files: Mapping[str, str]
    written: Mapping[str, Written]
    config: Config
    words: Words

    @property
    def campaigns(self) -> dict[str, Campaign]:
        """Id -> campaign."""
        return {name: written.campaign for name, written in self.written.items()}

    @property
    def packs(self) -> tuple[str, ...]:
        """The names of everything that is published by itself: the campaigns, then crisis and replies."""
        return (*self.written, CRISIS, REPLIES)

    def pack(self, name: str) -> dict[str, str]:
        """The files that a revision of a campaign, of the replies or of the crisis answers keeps.

        They are its YAML, its templates, and values.json: the shared values that these templates print
        (numbers and links of the directory), so that a changed number is a changed word. Raises NotFound.
        """
        if name not in self.packs:
            raise NotFound(f"There is no campaign {name}.", f"Use one of: {', '.join(self.packs)}.")
        pack = {path: self.files[path] for path in sorted(self.words.paths) if pack_of(path) == name}
        values = self.config.values()
        named = {value for path in pack for value in self._placeholders(path) if value in values}
        if name in self.written:
            path = self.written[name].document.path
            pack[path] = self.files[path]
            pack |= self._pictures(self.written[name].campaign)
        pack[hashes.VALUES] = json.dumps({key: values[key] for key in sorted(named)}, ensure_ascii=False)
        return pack

    def _pictures(self, campaign: Campaign) -> dict[str, str]:
        """The drawings that its steps have, and which step has which: they are part of what is approved."""
        shown = {step.id: step.picture for step in campaign.steps if step.picture is not None}
        if not shown:
            return {}
        paths = sorted(map(picture.path_of, shown.values()))
        return {path: self.files[path] for path in paths} | {
            hashes.PICTURES: json.dumps(shown, ensure_ascii=False)
        }

    def path(self, campaign: str) -> str:
        """The file a campaign is written in."""
        return self.written[campaign].document.path

    def step_fault(self, key: tuple[str, str], message: str, field: str = "id") -> Fault:
        """A fault at one field of a step, with its line."""
        return self.written[key[0]].fault(key[1], message, field)

    def _placeholders(self, path: str) -> frozenset[str]:
        template = self.words.at(path)
        return frozenset() if template is None else template.placeholders


def pack_of(path: str) -> str | None:
    """The name of the pack that a template belongs to."""
    parts = path.split("/")
    if len(parts) < 4:
        return None
    return CRISIS if parts[2] == REPLIES and parts[3] == CRISIS else parts[2]


@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """What could be read, with every fault of every file; `content` is None while there is any."""

    written: Mapping[str, Written]
    words: Words
    content: Content | None
    faults: tuple[Fault, ...]


def as_far_as_it_can_be_read(files: Mapping[str, str]) -> tuple[Content, tuple[Fault, ...]]:
    """Content of another day, which may be wrong by the rules of today, and what is wrong with it.

    For looking at, never for sending. ContentError when its config cannot be read.
    """
    found = examine(files)
    if found.content is not None:
        return found.content, ()
    return Content(files, found.written, config_files.read_config(files), found.words), found.faults


def load(files: Mapping[str, str], published: Published | None = None) -> Content:
    """The content in `files`, or ContentError with every fault of every file.

    `published` names the step ids that the database has published, by campaign, and what each was counted
    from: none may vanish, or be counted from something of another kind.
    """
    found = examine(files, published)
    if found.content is None:
        raise ContentError(found.faults)
    return found.content


def examine(files: Mapping[str, str], published: Published | None = None) -> Examined:
    """As `load`, but what could be read is given back beside the faults."""
    faults: list[Fault] = list(files.faults) if isinstance(files, Files) else []
    config = _config(files, faults)
    written, unread = _campaigns(files, faults)
    words = Words(files, {} if config is None else config.values())
    known = {name: ids for name, ids in (published or {}).items() if name not in unread}
    faults += steps.faults(written, config, known)
    faults += pictures.faults(files, written)
    faults += templates.faults(templates.Room(written, unread, config, words))
    whole = None if faults or config is None else Content(files, written, config, words)
    return Examined(written, words, whole, tuple(faults))


def _config(files: Mapping[str, str], faults: list[Fault]) -> Config | None:
    try:
        return config_files.read_config(files)
    except ContentError as error:
        faults += error.faults
        return None


def _campaigns(files: Mapping[str, str], faults: list[Fault]) -> tuple[dict[str, Written], set[str]]:
    """The campaigns that could be read by id, and the names of the files that could not."""
    written: dict[str, Written] = {}
    unread: set[str] = set()
    for path in sorted(path for path in files if path.startswith(FOLDER)):
        try:
            found = read_campaign(path, files[path])
        except ContentError as error:
            faults += error.faults
            unread.add(path.removeprefix(FOLDER).removesuffix(".yaml"))
            continue
        wrong = _misnamed(found)
        if wrong is None:
            written[found.campaign.id] = found
        else:
            faults.append(found.document.fault(("campaign",), wrong))
            unread |= {found.campaign.id, path.removeprefix(FOLDER).removesuffix(".yaml")}
    return dict(sorted(written.items())), unread


def _misnamed(found: Written) -> str | None:
    """A campaign is called as its file is, so two can never share a name; two names are taken."""
    name = found.campaign.id
    if name in (REPLIES, CRISIS):
        return f"{name} is the name of what people are answered with. Choose another one."
    if found.document.path != f"{FOLDER}{name}.yaml":
        return f"The file and the campaign have two names. Call the file {FOLDER}{name}.yaml."
    return None
