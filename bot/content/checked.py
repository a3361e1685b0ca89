"""A document held against its schema: a typed file, or faults in plain words with their lines."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError, WithJsonSchema
from pydantic.fields import FieldInfo

from bot.content.document import Document, Place
from bot.content.saying import a_clock, a_day
from bot.errors import Fault

_PLAIN: Mapping[str, str] = {
    "string_type": "Write text here; in quotes if it looks like a number.",
    "bool_type": "Write true or false here.",
    "too_short": "The list is empty. Write at least one.",
    "string_too_short": "This is empty. Write something.",
}

_SHAPES: Mapping[str, tuple[str, str]] = {
    "int_type": ("a whole number", "3"),
    "int_from_float": ("a whole number", "3"),
    "list_type": ("a list", "[a, b]"),
    "dict_type": ("keys and values", "{key: value}"),
    "model_type": ("keys and values", "{key: value}"),
    "model_attributes_type": ("keys and values", "{key: value}"),
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
        return document.fault(place, _no_key(_short(place[-1]), _fields(schema, place[:-1])), key=True)
    if not place:
        return document.fault(place, "Begin the file with keys, a line each, such as title: Flu vaccine.")
    if found["input"] is None and kind in _PLAIN.keys() | _SHAPES.keys():
        message = f"There is nothing after {place[-1]}. Write it, or take the line away."
        return document.fault(place, message, key=True)
    if kind in _SHAPES:
        return document.fault(place, _other_shape(kind, found["input"], _example(schema, place)))
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


def _no_key(key: str, fields: Mapping[str, FieldInfo]) -> str:
    """What may stand there instead of a key nobody knows, and which was meant."""
    glued = next((name for name in fields if re.match(rf"{name}\W", key)), None)
    near = difflib.get_close_matches(key, fields, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    if glued is not None:
        hint = f" Is a colon with a space missing after {glued}?"
    return f"There is no key {key} here.{hint} Take it away, or use one of: {', '.join(fields)}."


def _other_shape(kind: str, said: object, example: str | None) -> str:
    """How to write a list, keys or a number; a list is shown with the words that stand there."""
    what, plain = _SHAPES[kind]
    words = _words(said)
    if what == "a list" and words and all(re.fullmatch(r"\w+", word) for word in words):
        return f"Write a list here, in square brackets: [{', '.join(words)}]."
    return f"Write {what} here, such as {example or plain}."


def _words(said: object) -> list[str]:
    """What was meant as a list: a text with commas, (a, b), or {a, b}, which YAML takes for keys."""
    if isinstance(said, Mapping) and all(value is None for value in said.values()):
        return [str(key) for key in said]
    return re.split(r",\s*|\s+and\s+", said.strip("() ")) if isinstance(said, str) else []


def _example(schema: type[BaseModel], place: Place) -> str | None:
    """The schema's own example for what stands at `place`, as an author would write it."""
    field = _fields(schema, place[:-1]).get(str(place[-1]))
    return None if field is None or not field.examples else _written(field.examples[0])


def _written(value: object) -> str:
    """A value as YAML on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_written(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return str(value)


def _fields(schema: type[BaseModel], place: Place) -> dict[str, FieldInfo]:
    """The keys that may stand in the mapping at `place`, and what each is."""
    at: Any = schema
    for step in place:
        if isinstance(at, type) and issubclass(at, BaseModel):
            fields = {field.alias or name: field for name, field in at.model_fields.items()}
            at = _model(fields[str(step)].annotation) if str(step) in fields else at
    return {field.alias or name: field for name, field in at.model_fields.items()}


def _model(annotation: Any) -> Any:
    """The schema inside an annotation such as list[StepFile] or MomentFile | None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model, get_args(annotation))), None)


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 40 else f"{text[:40]}..."
