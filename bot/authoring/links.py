"""Links: in config, where all of them are kept, none may hide where it leads or be sent unprotected."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from bot.content.directory import PATH as DIRECTORY
from bot.content.document import read
from bot.content.load import Content
from bot.errors import Fault

_DEFAULT = "config/default.yaml"
SHORTENERS = frozenset(
    {
        "adf.ly", "amzn.to", "bit.do", "bit.ly", "bitly.com", "buff.ly", "cutt.ly", "dlvr.it", "fb.me",
        "goo.gl", "is.gd", "j.mp", "lnkd.in", "ow.ly", "qrco.de", "rb.gy", "rebrand.ly", "s.id",
        "short.io", "shorturl.at", "soo.gd", "surl.li", "t.co", "t.ly", "tiny.cc", "tinyurl.com",
        "trib.al", "u.nu", "urlz.fr", "v.gd",
    }
)  # fmt: skip
"""Names that lead somewhere else: nobody can see where, and they are what scams look like."""


def hidden(content: Content) -> Iterator[Fault]:
    """Links of config/ that are shortened, or begin with http:."""
    link = content.config.organisation.privacy_link or ""
    if link.startswith("http:"):
        document = read(_DEFAULT, content.files[_DEFAULT])
        message = "A link with http: can be read and changed on the way. Write https:."
        yield document.fault(("organisation", "privacy_link"), message)
    if _short(link):
        document = read(_DEFAULT, content.files[_DEFAULT])
        yield document.fault(("organisation", "privacy_link"), _SAID)
    for number, service in enumerate(content.config.services):
        if _short(service.web or ""):
            document = read(DIRECTORY, content.files[DIRECTORY])
            yield document.fault(("services", number, "web"), _SAID)


_SAID = "A shortened link hides where it leads, and looks like a scam. Write the page's own address."


def _short(link: str) -> bool:
    host = (urlsplit(link if "//" in link else f"//{link}").hostname or "").removeprefix("www.")
    return host in SHORTENERS
