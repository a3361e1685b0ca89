"""What config/*.yaml may say: the files as their editors write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from bot.content.checked import Clock, Day, Strict, Text
from bot.content.saying import a_day, month_day
from bot.domain.family import Role
from bot.words import languages

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def _id(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(f"{text:.40} is not an id. Use small letters, digits and _, such as safe_sleep.")
    return text


def _mobile(text: str) -> str:
    if not re.fullmatch(r"\+44\d{10}", text):
        raise ValueError("Write the number as +44 and ten digits.")
    return text


def _language(text: str) -> str:
    if not languages.known(text):
        raise ValueError(f"{text:.20} is not a language code. Use a code such as en, ur or so.")
    return text


_MEANT: Mapping[str, Role] = {
    **{role.value: role for role in Role},
    **dict.fromkeys(("mum", "mom", "parent-to-be"), Role.MOTHER),
    **dict.fromkeys(("dad", "daddy"), Role.FATHER),
    **dict.fromkeys(
        ("grandma", "granny", "nan", "nana", "grandmother", "grandad", "grandfather"), Role.GRANDPARENT
    ),
    **dict.fromkeys(("brother", "sister"), Role.SIBLING),
}
"""What people call a role, in the singular."""


def a_role(said: object) -> Role:
    """A role by its name; ValueError with all of them otherwise."""
    if said not in [role.value for role in Role]:
        meant = _MEANT.get(str(said).casefold().removesuffix("s"))
        hint = f"Write {meant}." if meant else f"Write one of: {', '.join(Role)}."
        raise ValueError(f"{said!s:.40} is not a role. {hint}")
    return Role(str(said))


def _soft_day(said: object) -> Any:
    if isinstance(said, str) and said[:1].isdigit() and "-" in said:
        return a_day(said)
    if isinstance(said, str):
        return month_day(said)
    raise ValueError("Write a day here, as 25 December or 2027-03-07.")


Id = Annotated[str, AfterValidator(_id), WithJsonSchema({"type": "string", "pattern": f"^{_NAME.pattern}$"})]
Mobile = Annotated[str, AfterValidator(_mobile)]
LanguageCode = Annotated[str, AfterValidator(_language)]
RoleName = Annotated[Role, BeforeValidator(a_role)]
SoftDay = Annotated[Any, BeforeValidator(_soft_day)]


class OrganisationFile(Strict):
    """Who sends."""

    name: Text
    short_name: Text
    privacy_link: str | None
    sms_number: Mobile | None
    telegram_bot: str | None


class QuietFile(Strict):
    """When staged messages may begin."""

    start: Clock = Field(alias="from")
    until: Clock


class CapFile(Strict):
    """How much is enough (P8)."""

    per_day: Annotated[int, Field(ge=1, le=1)]
    per_7_days: Annotated[int, Field(ge=1, le=7)]
    first_days_of_life: Annotated[int, Field(ge=0, le=28)]


class LanguageFile(Strict):
    """A language that people are offered."""

    code: LanguageCode
    name: Text
    reviewed: bool


class DutyFile(Strict):
    """Who is told of a crisis."""

    role: str | None
    hours: str | None
    contact: str | None
    may_see_numbers: str | None
    when_to_refer: str | None


class RetentionFile(Strict):
    """How long things are kept."""

    texts_days: Annotated[int, Field(ge=1, le=3650)]
    dates_after_end_days: Annotated[int, Field(ge=1, le=3650)]
    signup_days: Annotated[int, Field(ge=1, le=90)]
    stopped_numbers_days: Annotated[int, Field(ge=1, le=3650)]
    reply_minutes: Annotated[int, Field(ge=1, le=1440)]


class CheckInFile(Strict):
    """The one question after the due date (P3)."""

    after_due_days: Annotated[int, Field(ge=1, le=60)]
    silence_days: Annotated[int, Field(ge=1, le=60)]


class DefaultFile(Strict):
    """config/default.yaml."""

    organisation: OrganisationFile
    quiet: QuietFile
    cap: CapFile
    languages: Annotated[list[LanguageFile], Field(min_length=1)]
    duty: DutyFile
    retention: RetentionFile
    check_in: CheckInFile
    twilio_keywords_off_confirmed: Day | None
    pence_a_part: Annotated[float, Field(gt=0, le=100, strict=False)] | None = None


class ApproverFile(Strict):
    """Somebody who may approve words."""

    id: Id
    name: Text
    role: Text
    registration: Text
    languages: Annotated[list[LanguageCode], Field(min_length=1)]


class ApproversFile(Strict):
    """config/approvers.yaml."""

    approvers: list[ApproverFile]
    authors: list[Text]


class NamedDayFile(Strict):
    """A named day that moves."""

    verified: Day | None
    dates: dict[str, Day]

    @model_validator(mode="after")
    def in_its_year(self) -> NamedDayFile:
        """Each date lies in the year it is written under."""
        for year, day in self.dates.items():
            if str(day.year) != year:
                raise ValueError(f"{day} is not in {year}. Correct the year or the date.")
        return self


class SoftDayFile(Strict):
    """A day on which only essential messages go."""

    name: Text
    date: SoftDay


class FastingFile(Strict):
    """Days of fasting, the first and the last; they count once somebody verified them."""

    name: Text
    first: Day = Field(alias="from")
    last: Day = Field(alias="to")
    verified: Day | None

    @model_validator(mode="after")
    def in_order(self) -> FastingFile:
        """The first comes before the last, and they are a month at most."""
        if not timedelta(0) <= self.last - self.first <= timedelta(days=31):
            raise ValueError(f"{self.first} to {self.last} is no month of fasting. Correct one of the two.")
        return self


class CalendarFile(Strict):
    """config/calendar.yaml."""

    days: dict[Id, NamedDayFile]
    soft_days: list[SoftDayFile]
    fasting: list[FastingFile] = Field(default_factory=list)
