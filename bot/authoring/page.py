"""Page: a template of ours and values to one HTML file that needs nothing else: no script, no request."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def shown(svg: str) -> str:
    """A drawing as the address of an image: there nothing in it can run or be fetched."""
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


def page(template: str, **values: Any) -> str:
    """The page `template` of bot/authoring/pages; what authors wrote is text in it, never markup."""
    here = Environment(
        loader=PackageLoader("bot.authoring", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return here.get_template(template).render(values)
