"""Pictures against what is asked of them: plain shapes, described, and there for each step that has one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from defusedxml import ElementTree  # type: ignore[import-untyped]
from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]

from bot.content.campaigns import Written
from bot.errors import Fault
from bot.words import picture

_SVG = "{http://www.w3.org/2000/svg}"
_SHAPES = frozenset(
    ("svg", "title", "g", "defs", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon",
     "clipPath", "linearGradient", "radialGradient", "stop")
)  # fmt: skip
_LARGEST = 16_000
_BOX = f"0 0 {picture.WIDTH} {picture.HEIGHT}"


def faults(files: Mapping[str, str], campaigns: Mapping[str, Written]) -> Iterator[Fault]:
    """Everything wrong with the pictures, and every step whose picture is not there."""
    names = []
    for path in sorted(path for path in files if path.startswith(picture.FOLDER)):
        names.append(path.removeprefix(picture.FOLDER).removesuffix(picture.ENDING))
        for message in _wrong(path, files[path]):
            yield Fault(path, 1, 1, message)
    for written in campaigns.values():
        for step in written.campaign.steps:
            if step.picture is not None and step.picture not in names:
                there = ", ".join(names) or "none so far"
                message = f"There is no picture {step.picture:.40} in {picture.FOLDER}. There are: {there}."
                yield written.fault(step.id, message, "picture")


def _wrong(path: str, text: str) -> Iterator[str]:
    if not path.endswith(picture.ENDING) or "/" in path.removeprefix(picture.FOLDER):
        yield f"A picture is a file such as {picture.FOLDER}candle{picture.ENDING}. Rename this one."
        return
    if len(text) > _LARGEST:
        yield f"It has more than {_LARGEST} characters. Draw it simpler."
    for right_to_left in (False, True):
        svg = picture.drawn(text, right_to_left=right_to_left)
        if "{{" in svg or "{%" in svg:
            yield f"Only {picture.TURN} and {picture.BACK} may stand in a picture. Take the other out."
            return
        try:
            root = ElementTree.fromstring(svg)
        except (ElementTree.ParseError, DefusedXmlException):
            yield "This is no whole SVG file. Look for a tag or a quote that is not closed."
            return
    if root.tag != f"{_SVG}svg" or root.get("viewBox") != _BOX:
        yield f'A picture begins with <svg xmlns="http://www.w3.org/2000/svg" viewBox="{_BOX}">.'
    if not picture.alt(text):
        yield "Say what is on it in a <title>, for those who do not see it."
    yield from _strange(root)


def _strange(root: ElementTree.Element) -> Iterator[str]:
    """Whatever is more than shapes: letters need a font that may be missing, the rest could fetch or run."""
    for node in root.iter():
        name = str(node.tag).removeprefix(_SVG)
        if name not in _SHAPES:
            yield f"<{name:.20}> is not drawn here. Use plain shapes: {', '.join(sorted(_SHAPES))}."
        for key, value in node.attrib.items():
            fetches = "url(" in value and not value.startswith("url(#")
            if key.startswith("on") or key.endswith("href") or key == "style" or fetches:
                yield f"{key:.20} may not stand in a picture: it could fetch or run something. Take it out."
