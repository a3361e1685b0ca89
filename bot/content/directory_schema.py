"""What config/directory.yaml and config/neighbourhoods.yaml may say, as their editors write them."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from bot.content.checked import Clock, Day, Strict, Text
from bot.content.config_schema import Id, LanguageCode, RoleName
from bot.content.saying import weekdays
from bot.domain.address import rings
from bot.domain.directory import district

_ALWAYS: list[object] = []
_WEB = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/[A-Za-z0-9/._-]*)?")


def _phone(text: str) -> str:
    if not rings(text):
        raise ValueError(f"{text:.40} is not a phone number. Write it as people dial it: 0161 234 5005.")
    return text


def _web(text: str) -> str:
    if text.startswith(("http://", "https://")):
        raise ValueError("Write the link without http:// or https://, such as nhs.uk.")
    if not _WEB.fullmatch(text):
        raise ValueError(f"{text:.40} is not a link. Write it as people type it, such as nhs.uk.")
    return text


def _district(text: str) -> str:
    if text != text.lower() or " " in text or district(text) is None:
        raise ValueError(f"{text:.40} is not a postcode district. Write it small, such as m14, ol1 or sk4.")
    return text


def _hours(said: object) -> object:
    """ "always" is a list with nothing in it: there is no time at which it is shut."""
    if said == "always":
        return _ALWAYS
    if isinstance(said, str) or said == []:
        raise ValueError(
            f"{' '.join(str(said).split()):.40} is not understood. Write always, or a list such as "
            '[{days: mon-fri, from: "10:00", to: "17:00"}].'
        )
    return said


Phone = Annotated[str, AfterValidator(_phone)]
Web = Annotated[str, AfterValidator(_web)]
District = Annotated[str, AfterValidator(_district)]
Weekdays = Annotated[Any, BeforeValidator(weekdays), WithJsonSchema({"type": "string"})]


class SpanFile(Strict):
    """Open from one time to another on some days of the week."""

    days: Weekdays
    start: Clock = Field(alias="from")
    end: Clock = Field(alias="to")

    @model_validator(mode="after")
    def forwards(self) -> SpanFile:
        """It opens before it shuts, on the same day."""
        if self.end <= self.start:
            raise ValueError(
                '`to` must be later than `from`. Past midnight: write two lines, one to "23:59".'
            )
        return self


class ServiceFile(Strict):
    """One service of config/directory.yaml."""

    id: Id
    name: Text
    phone: Phone | None = None
    text: Text | None = None
    web: Web | None = None
    ask: Text | None = None
    who: list[RoleName] = Field(default_factory=list)
    topics: Annotated[list[Id], Field(min_length=1)]
    areas: list[Id] = Field(default_factory=list)
    near: list[Id] = Field(default_factory=list)
    languages: list[LanguageCode] = Field(default_factory=list)
    hours: Annotated[list[SpanFile] | None, BeforeValidator(_hours)] = None
    bank_holidays: Literal["open"] | None = None
    after_loss: bool = False
    source: str | None = None
    verified: Day | None

    @model_validator(mode="after")
    def verified_with_reason(self) -> ServiceFile:
        """A verified service was read somewhere and can be reached."""
        if self.verified is not None and not self.source:
            raise ValueError(f"{self.id} is verified, so say where it was read: add source.")
        if self.verified is not None and not (self.phone or self.text or self.web or self.ask):
            raise ValueError(f"{self.id} is verified, so say how to reach it: add phone, text, web or ask.")
        if self.bank_holidays is not None and not self.hours:
            raise ValueError(f"{self.id} has bank_holidays and no days of the week. Take it away.")
        return self


class DirectoryFile(Strict):
    """config/directory.yaml."""

    services: list[ServiceFile]


class NeighbourhoodFile(Strict):
    """One neighbourhood; its districts count once somebody verified them."""

    id: Id
    name: Text
    part: Literal["north", "central", "south"]
    districts: list[District] = Field(default_factory=list)
    source: str | None = None
    verified: Day | None

    @model_validator(mode="after")
    def verified_with_districts(self) -> NeighbourhoodFile:
        """What is verified is which postcodes are in it, and by which list."""
        if self.verified is not None and not (self.districts and self.source):
            raise ValueError(f"{self.id} is verified, so write its districts, such as [m8], and the source.")
        return self


class NeighbourhoodsFile(Strict):
    """config/neighbourhoods.yaml."""

    neighbourhoods: list[NeighbourhoodFile]
