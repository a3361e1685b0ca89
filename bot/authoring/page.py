"""Page: a template of ours and values to one HTML file that needs nothing else: no script, no request."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


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
