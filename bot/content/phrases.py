"""config/phrases.yaml: what no message may say, and what to write instead. Read by `check` alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

from pydantic import Field

from bot.content.campaign_schema import PurposeName
from bot.content.checked import Strict, Text, checked
from bot.content.config_schema import Id, RoleName
from bot.content.document import read
from bot.domain.campaign import Campaign, Step
from bot.domain.family import Purpose, Role
from bot.errors import ContentError, Fault

PATH = "config/phrases.yaml"


class GroupFile(Strict):
    """Phrases that are refused for the same reason."""

    about: Text
    phrases: Annotated[list[Text], Field(min_length=1)]
    instead: Text
    topics: list[Id] = Field(default_factory=list)
    purposes: list[PurposeName] = Field(default_factory=list)
    replies: list[Text] = Field(default_factory=list)
    steps_only: bool = False
    except_roles: list[RoleName] = Field(default_factory=list)


class PhrasesFile(Strict):
    """config/phrases.yaml."""

    groups: list[GroupFile]
    known: list[Text]


@dataclass(frozen=True, slots=True)
class Group:
    """Phrases, as one pattern, and where they are refused."""

    pattern: re.Pattern[str]
    words: tuple[str, ...]
    instead: str
    topics: frozenset[str]
    purposes: frozenset[Purpose]
    replies: tuple[str, ...]
    steps_only: bool
    except_roles: frozenset[Role]

    def may_stand(self, words: str) -> bool:
        """Whether the pattern need be looked for in these words (small letters, single spaces)."""
        return any(word in words for word in self.words)

    def minds_step(self, campaign: Campaign, step: Step) -> bool:
        """Whether a step's words are looked at."""
        if step.to <= self.except_roles:
            return False
        return self._everywhere or campaign.topic in self.topics or campaign.purpose in self.purposes

    def minds_reply(self, key: str) -> bool:
        """Whether an answer's words are looked at."""
        if self._everywhere:
            return not self.steps_only
        return any(key == name or (name.endswith("*") and key.startswith(name[:-1])) for name in self.replies)

    @property
    def _everywhere(self) -> bool:
        return not (self.topics or self.purposes or self.replies)


@dataclass(frozen=True, slots=True)
class Phrases:
    """What the file says. `known`: words that are spelt right though the word list thinks otherwise."""

    groups: tuple[Group, ...]
    known: frozenset[str]


def phrases(files: Mapping[str, str]) -> Phrases:
    """The phrases of the file; ContentError with every fault of it, or when there is none."""
    if PATH not in files:
        message = "The file is missing. Put it back from the project's repository."
        raise ContentError([Fault(PATH, 1, 1, message)])
    return _read(files[PATH])


@lru_cache(maxsize=4)
def _read(text: str) -> Phrases:
    file, faults = checked(read(PATH, text), PhrasesFile)
    if file is None:
        raise ContentError(faults)
    return Phrases(tuple(map(_group, file.groups)), frozenset(word.casefold() for word in file.known))


def _group(said: GroupFile) -> Group:
    each = "|".join(map(_one, sorted(said.phrases, key=len, reverse=True)))
    return Group(
        re.compile(each, re.IGNORECASE),
        tuple(phrase.removesuffix("*").casefold() for phrase in said.phrases),
        said.instead,
        frozenset(said.topics),
        frozenset(said.purposes),
        tuple(said.replies),
        said.steps_only,
        frozenset(said.except_roles),
    )


def _one(phrase: str) -> str:
    """A phrase as a pattern: whole words, over line ends too; a star stands for the rest of a word."""
    begins = r"(?<!\w)" if phrase[0].isalnum() else ""
    ends = r"\w*" if phrase.endswith("*") else r"(?!\w)" if phrase[-1].isalnum() else ""
    return begins + r"\s+".join(map(re.escape, phrase.removesuffix("*").split())) + ends
