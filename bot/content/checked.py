"""A document held against its schema: a typed file, or faults in plain words with their lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError, WithJsonSchema

from bot.content.document import Document, Place
from bot.content.saying import a_clock, a_day
from bot.errors import Fault

_PLAIN: Mapping[str, str] = {
    "string_type": "Write text here; in quotes if it looks like a number.",
    "int_type": "Write a whole number here.",
    "int_from_float": "Write a whole number here.",
    "bool_type": "Write true or false here.",
    "list_type": "Write a list here, such as [mother, father].",
    "dict_type": "Write keys and values here, such as {pregnancy: 16w}.",
    "model_type": "Write keys and values here, such as {pregnancy: 16w}.",
    "model_attributes_type": "Write keys and values here, such as {pregnancy: 16w}.",
    "too_short": "The list is empty. Write at least one.",
    "string_too_short": "This is empty. Write something.",
}


class Strict(BaseModel):
    """The base of all schemas: nothing but the keys that are named, nothing turned into another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Day = Annotated[
    Any, BeforeValidator(a_day), WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"})
]
Clock = Annotated[
    Any, BeforeValidator(a_clock), WithJsonSchema({"type": "string", "pattern": r"^\d{2}:\d{2}$"})
]


def _word(text: str) -> str:
    if not text.strip():
        raise ValueError("This is empty. Write something.")
    return text


Text = Annotated[str, AfterValidator(_word)]

File = TypeVar("File", bound=BaseModel)


def checked(document: Document, schema: type[File]) -> tuple[File | None, list[Fault]]:
    """The document as `schema`, or None and everything that is wrong with it."""
    try:
        return schema.model_validate(document.values), []
    except ValidationError as error:
        return None, [_fault(document, schema, found) for found in error.errors(include_url=False)]


def _fault(document: Document, schema: type[BaseModel], found: Mapping[str, Any]) -> Fault:
    place: Place = tuple(found["loc"])
    kind = found["type"]
    if kind == "extra_forbidden":
        keys = ", ".join(_keys(schema, place[:-1]))
        message = f"There is no key {_short(place[-1])} here. Take it away, or use one of: {keys}."
        return document.fault(place, message, key=True)
    if kind == "missing":
        return document.fault(place[:-1], f"The key {place[-1]} is missing. Add it.")
    if kind in ("enum", "literal_error"):
        expected = found["ctx"]["expected"].replace("'", "").replace(" or ", ", ")
        return document.fault(place, f"{_short(found['input'])} is not known here. Write one of: {expected}.")
    if kind == "value_error":
        return document.fault(place, str(found["ctx"]["error"]))
    if kind in ("greater_than_equal", "less_than_equal"):
        limit = found["ctx"].get("ge", found["ctx"].get("le"))
        least = "at least" if kind == "greater_than_equal" else "at most"
        return document.fault(place, f"{_short(found['input'])} cannot be right. Write {least} {limit}.")
    return document.fault(place, _PLAIN.get(kind, f"{found['msg'].rstrip('.')}. Write it differently."))


def _keys(schema: type[BaseModel], place: Place) -> list[str]:
    """The keys that may stand in the mapping at `place`."""
    at: Any = schema
    for step in place:
        if isinstance(at, type) and issubclass(at, BaseModel):
            fields = {field.alias or name: field for name, field in at.model_fields.items()}
            at = _model(fields[str(step)].annotation) if str(step) in fields else at
    return [field.alias or name for name, field in at.model_fields.items()]


def _model(annotation: Any) -> Any:
    """The schema inside an annotation such as list[StepFile] or MomentFile | None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model, get_args(annotation))), None)


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 40 else f"{text[:40]}..."
