"""The page of one family's life: every word on it, nothing fetched, and readable without seeing it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest

from bot.authoring.life_page import life_page, names
from bot.authoring.preview import Entry, life
from bot.cli.saying import said
from bot.content.load import load
from bot.content.personas import Character, Persona
from bot.domain.address import ChannelName
from bot.domain.family import Role
from bot.domain.outbox import Reason
from tests.content import small
from tests.content.test_pictures import WITH

TODAY = date(2027, 1, 1)
FAMILY = Persona(
    "one",
    '<Twins> & "quotes"',
    "Read <script>alert(1)</script> it.",
    (
        Character(Role.MOTHER, date(2027, 1, 4), language="ur"),
        Character(Role.FATHER, date(2027, 1, 4), channel=ChannelName.TELEGRAM),
    ),
    date(2027, 8, 1),
    due_on=date(2027, 7, 1),
    born_on=date(2027, 7, 3),
)
FILES = {
    **small.FILES,
    "templates/ur/flu/offer.j2": "فلو کا ٹیکہ 0800\n",
    "templates/en/flu/offer.father.j2": 'Flu <b>now</b> & "here": ring together, all of you, this week.\n',
}


class Reader(HTMLParser):
    """What a screen reader goes by: headings, landmarks, ids, languages; and whatever is fetched."""

    VOID = frozenset({"meta", "br", "link", "img", "input", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.named: list[str] = []
        self.tags: Counter[str] = Counter()
        self.fetched: list[str] = []
        self.directions: list[tuple[str, str]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags[tag] += 1
        if tag not in self.VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.ids += [given["id"]] if "id" in given else []
        self.named += given.get("aria-labelledby", "").split()
        self.named += [given["href"][1:]] if given.get("href", "").startswith("#") else []
        self.fetched += [given[name] for name in ("src", "srcset", "action") if name in given]
        self.fetched += [] if given.get("href", "#").startswith("#") else [given["href"]]
        if "dir" in given:
            self.directions.append((given.get("lang", ""), given["dir"]))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag


@pytest.fixture(scope="module")
def page() -> str:
    content = load(FILES)
    entries = life(content, FAMILY)
    unsent = Entry(date(2027, 7, 8), None, Role.FATHER, "flu", "nudge", "expired", Reason.CAP, member=2)
    return life_page(content, FAMILY, [*entries, unsent], said, TODAY)


@pytest.fixture(scope="module")
def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    return reader


def test_nothing_is_fetched_and_nothing_runs(page: str, read: Reader) -> None:
    assert read.fetched == []
    assert not re.search(r"https?:|//|@import|url\(", page.split("</style>")[0].split("<style>")[1])
    assert (read.tags["script"], read.tags["link"], read.tags["img"]) == (0, 0, 0)


def test_what_authors_write_is_text_and_never_markup(page: str) -> None:
    assert "&lt;script&gt;" in page
    assert "&lt;Twins&gt; &amp; &#34;quotes&#34;" in page
    assert "Flu &lt;b&gt;now&lt;/b&gt; &amp; &#34;here&#34;: ring together, </span>all" in page


def test_headings_go_down_by_one_and_every_name_leads_somewhere(read: Reader) -> None:
    assert read.headings[0] == 1
    assert all(deeper <= above + 1 for above, deeper in zip(read.headings, read.headings[1:], strict=False))
    assert len(set(read.ids)) == len(read.ids)
    assert set(read.named) <= set(read.ids)
    assert (read.tags["main"], read.tags["nav"], read.tags["h1"]) == (1, 1, 1)


def test_each_language_runs_its_own_way_with_its_english_beside_it(page: str, read: Reader) -> None:
    assert ("ur", "rtl") in read.directions
    assert ("en", "ltr") in read.directions
    assert "Flu: ring 0800" in page


def test_price_lock_screen_and_what_is_not_translated_are_said(page: str) -> None:
    assert "SMS, 1 part, 16 characters, UCS-2" in page
    assert (
        '<span class="seen">Flu &lt;b&gt;now&lt;/b&gt; &amp; &#34;here&#34;: ring together, </span>all'
        in page
    )
    assert page.count("not translated") == 1  # the nudge, which has no Urdu


def test_what_is_not_sent_is_there_with_its_reason(page: str) -> None:
    assert "flu/nudge</span>: expired, one a day and two in any seven days is the most." in page


def test_a_picture_is_on_the_page_itself_with_what_is_on_it_said() -> None:
    content = load(WITH)
    family = replace(FAMILY, people=FAMILY.people[1:])
    page = life_page(content, family, life(content, family), said, TODAY)
    assert page.count('<img class="picture" src="data:image/svg+xml;base64,') == 1
    assert 'alt="A candle"' in page
    by_sms = replace(family, people=(replace(family.people[0], channel=ChannelName.SMS),))
    assert "<img" not in life_page(content, by_sms, life(content, by_sms), said, TODAY)


def test_two_of_one_role_are_told_apart() -> None:
    twice = (
        Character(Role.GRANDPARENT, TODAY),
        Character(Role.MOTHER, TODAY),
        Character(Role.GRANDPARENT, TODAY),
    )
    assert names(Persona("one", "", "", twice, TODAY)) == ["Grandparent 1", "Mother", "Grandparent 2"]
