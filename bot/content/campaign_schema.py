"""What a file of campaigns/ may say, in words for the people who write it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from bot.content.checked import Day, Strict, Text
from bot.content.config_schema import Id, a_role
from bot.content.saying import month_day, season, sending_time, span, weeks
from bot.domain.campaign import Importance
from bot.domain.directory import district
from bot.domain.family import Purpose, Role

TWILIO_OWNS = frozenset(
    {
        "YES", "QUIT", "END", "CANCEL", "REVOKE", "UNSUBSCRIBE", "STOPALL", "OPTOUT",
        "STOP", "START", "UNSTOP", "HELP", "INFO",
    }
)  # fmt: skip
"""Words the SMS provider answers itself (CARE 3): nobody may be invited to text one as an answer."""

ANCHORS = ("pregnancy", "age", "day", "joined", "loss", "date", "calendar", "event", "after")


def _purpose(said: object) -> Purpose:
    if said not in list(Purpose):
        raise ValueError(f"{said!s:.40} is not a purpose. Write one of: {', '.join(Purpose)}.")
    return Purpose(str(said))


def _importance(said: object) -> Importance:
    if said not in list(Importance):
        raise ValueError(f"{said!s:.40} is not an importance. Write one of: {', '.join(Importance)}.")
    return Importance(str(said))


def _word(word: str) -> str:
    if word in TWILIO_OWNS:
        raise ValueError(f"{word} is answered by the SMS provider itself. Use another word, such as DONE.")
    if not (word.isascii() and word.isalnum() and word == word.upper() and len(word) <= 12):
        raise ValueError(f"{word:.40} is not a reply word. Write one word in capitals, such as DONE.")
    return word


def _menu_word(word: str) -> str:
    """It is typed after STOP, so it is no word that would end everything, and no digit that answers."""
    if not (_word(word).isalpha() and len(word) > 2):
        raise ValueError(f"{word:.40} is not a word for the list. Write 3 to 12 letters, such as PUMP.")
    return word


def _district(said: str) -> str:
    """People tell a district; a neighbourhood would be nobody's, and the step would reach nobody."""
    if district(said) != said:
        raise ValueError(f"{said:.40} is not a postcode district. Write one as m14, ol1 or sk4.")
    return said


def _short_title(text: str) -> str:
    if len(text) > 200:
        raise ValueError("More than 200 characters. Shorten it.")
    return text


def _said(reader: Callable[[str], object]) -> BeforeValidator:
    """A text that `reader` understands; it stays as written, the reader is asked again later."""

    def check(said: object) -> object:
        if isinstance(said, str) or type(said) in (int, float):  # 16 lacks its unit: the reader says so
            reader(str(said))
        return said

    return BeforeValidator(check)


def _pattern(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern})


Weeks = Annotated[str, _said(weeks), _pattern(r"^\d{1,2}w(\+[0-6])?$")]
Span = Annotated[str, _said(span), _pattern(r"^\d{1,3}(d|w|mo)$")]
YearDay = Annotated[str, _said(month_day), _pattern(r"^\d{1,2} [A-Z][a-z]+$")]
SeasonText = Annotated[str, _said(season), _pattern(r"^\d{1,2} [A-Z][a-z]+ to \d{1,2} [A-Z][a-z]+$")]
Titled = Annotated[Text, AfterValidator(_short_title)]
_ROLES = WithJsonSchema({"enum": [role.value for role in Role]})
RoleName = Annotated[Role, BeforeValidator(a_role), _ROLES]
PurposeName = Annotated[Purpose, BeforeValidator(_purpose), WithJsonSchema({"enum": list(Purpose)})]
ImportanceName = Annotated[
    Importance,
    BeforeValidator(_importance),
    WithJsonSchema({"enum": list(Importance), "default": Importance.HELPFUL}),
]
DistrictName = Annotated[str, AfterValidator(_district)]
MenuWord = Annotated[str, AfterValidator(_menu_word)]
ReplyWord = Annotated[str, AfterValidator(_word)]
SendingTime = Annotated[
    Any,
    BeforeValidator(sending_time),
    WithJsonSchema({"type": "string", "pattern": r"^\d{2}:\d{2}$", "default": "10:00"}),
]


class AfterFile(Strict):
    """Days after another step of the same campaign was sent."""

    step: Id = Field(description="The id of the step that comes first.", examples=["offer"])
    days: Annotated[int, Field(ge=1, le=400)] = Field(description="Days after it was sent.", examples=[14])


class MomentFile(Strict):
    """A day, counted from one thing. Write exactly one of the keys."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [anchor]} for anchor in ANCHORS]})

    pregnancy: Weeks | None = Field(default=None, description="Weeks of pregnancy.", examples=["16w+3"])
    age: Span | None = Field(default=None, description="Age of the baby.", examples=["8w", "5mo"])
    day: Annotated[int, Field(ge=0, le=1000)] | None = Field(
        default=None, description="Day of life; the day of birth is 0.", examples=[3]
    )
    corrected: Literal[True] | None = Field(
        default=None, description="Beside age or day: count from the due date for a baby born early."
    )
    joined: Span | None = Field(default=None, description="Time since joining.", examples=["2d"])
    loss: Span | None = Field(default=None, description="Time since a loss.", examples=["2w"])
    date: YearDay | None = Field(default=None, description="A day of every year.", examples=["9 October"])
    calendar: Id | None = Field(
        default=None, description="A named day of config/calendar.yaml.", examples=["no_smoking_day"]
    )
    event: Literal["moved"] | None = Field(default=None, description="The day the family says it moved.")
    after: AfterFile | None = Field(default=None, description="Days after another step was sent.")

    @model_validator(mode="after")
    def one_thing(self) -> MomentFile:
        """Exactly one anchor; `corrected` only beside an age."""
        named = [name for name in ANCHORS if getattr(self, name) is not None]
        if len(named) != 1:
            said = " and ".join(named) or "none"
            raise ValueError(f"Count from one thing; here is {said}. Write one of: {', '.join(ANCHORS)}.")
        if self.corrected and named[0] not in ("age", "day"):
            raise ValueError("corrected goes with age or day. Take it away here.")
        return self


class ForFile(Strict):
    """Who in the roles it is for; all that is written must hold."""

    joined_before: Weeks | None = Field(
        default=None, description="Joined before this week of pregnancy.", examples=["20w"]
    )
    joined_after: Weeks | None = Field(
        default=None, description="Joined in or after this week of pregnancy.", examples=["10w"]
    )
    area: list[DistrictName] = Field(
        default_factory=list, description="Where they live: postcode districts.", examples=[["m13", "m14"]]
    )
    under_20: bool | None = Field(default=None, description="Mothers under 20, or not.")
    previous_loss: bool | None = Field(default=None, description="Families who lost a baby before, or not.")
    bereaved: bool | None = Field(default=None, description="Bereaved families, or not.")
    dated: bool | None = Field(
        default=None, description="People who get messages by due date or birth, or those who get none."
    )
    expecting: bool | None = Field(
        default=None, description="People who wait for a birth, or all others. For days of the calendar."
    )


class StepFile(Strict):
    """One message."""

    id: Id = Field(description="Stable for ever: who has had it hangs on it.", examples=["offer"])
    to: Annotated[list[RoleName], Field(min_length=1)] = Field(
        description="Who it is written for.", examples=[["mother"], ["father", "partner"]]
    )
    when: MomentFile = Field(description="The first day it may go.", examples=[{"pregnancy": "16w"}])
    until: MomentFile | None = Field(
        default=None, description="The first day it may no longer go; a week later if left out."
    )
    topic: Id | None = Field(
        default=None,
        description="Its own topic, where the campaign's is another: STOP ends one, and replies point to it.",
        examples=["movements"],
    )
    season: SeasonText | None = Field(
        default=None, description="Only in this part of the year.", examples=["1 September to 31 March"]
    )
    at: SendingTime = Field(
        default="10:00", validate_default=True, description="The time it is sent, London."
    )
    importance: ImportanceName = Field(
        default=Importance.HELPFUL, description="What goes first when there is much."
    )
    for_: ForFile | None = Field(default=None, alias="for", description="For whom among them.")
    unless: list[Literal["done"]] = Field(
        default_factory=list, description="Who answered so is left alone.", examples=[["done"]]
    )
    replies: dict[ReplyWord, Literal["done", "signpost", "remind"]] = Field(
        default_factory=dict,
        description="Words to text back, and what they mean; remind is one more text on a day they choose.",
        examples=[{"DONE": "done", "REMIND": "remind"}],
    )
    body: bool = Field(default=False, description="About the mother's own body: for her alone.")
    food: bool = Field(
        default=False, description="About food or drink: in Ramadan never between 12:00 and 18:00."
    )
    in_hospital: bool = Field(
        default=False, description="Goes while the baby is in hospital too; else it waits until HOME."
    )
    resend_if_uncertain: bool = Field(
        default=False, description="Sent once more when nobody can know whether it arrived; never if chosen."
    )
    picture: Id | None = Field(
        default=None,
        description="A drawing of templates/_pictures/ that goes with it on Telegram.",
        examples=["safe_sleep_abc"],
    )
    formerly: list[Id] = Field(default_factory=list, description="Ids this step had before.")
    retired: bool = Field(default=False, description="No longer sent; kept for the record.")
    sources: list[Text] = Field(default_factory=list, description="Codes of what the words rest on.")


class ReviewFile(Strict):
    """Who answers for the words, and until when."""

    owner: Text = Field(description="The team that answers for it.")
    sources: Annotated[list[Text], Field(min_length=1)] = Field(description="Codes of the sources.")
    review_by: Day = Field(description="After this day nothing is sent.", examples=["2027-07-01"])


class CampaignFile(Strict):
    """A sequence of messages with one owner, one topic and one purpose."""

    campaign: Id = Field(description="The name of this file without .yaml.", examples=["whooping_cough"])
    title: Titled = Field(description="What it is, for staff.")
    objective: Titled = Field(description="The heading of the strategy it serves.")
    topic: Id = Field(description="A topic of config/directory.yaml: where a reply is pointed to.")
    purpose: PurposeName = Field(description="Which consent it needs.")
    chosen: bool = Field(default=False, description="Only for people who asked for this topic.")
    menu: MenuWord | None = Field(
        default=None,
        description="With chosen: the word by which the topic is asked for, and ended (STOP and the word).",
        examples=["PUMP"],
    )
    review: ReviewFile = Field(description="Who answers for it, from which sources, and until when.")
    steps: Annotated[list[StepFile], Field(min_length=1)] = Field(
        description="The messages; each has an id, for whom, and when."
    )
