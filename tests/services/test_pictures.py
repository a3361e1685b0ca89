"""A picture leaves with a step's words on Telegram: as it was published, and never with a private message."""

from __future__ import annotations

import sqlalchemy as sa

from bot.content import hashes
from bot.content.campaigns import words_from_pack
from bot.content.load import load
from bot.domain.address import ChannelName
from bot.domain.family import Role
from bot.services import dispatch
from bot.services.desk import Desk
from bot.services.dispatch import UNPACED
from bot.services.leaving import Leaving
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import members
from bot.words import picture
from bot.words.render import step_drawing
from tests import line
from tests.clock import Clock
from tests.content.test_pictures import PATH, SVG, WITH

TELEGRAM, SMS = ChannelName.TELEGRAM, ChannelName.SMS


def desk_with(database: Database, seal: Seal, words: str = "Flu jab: ask your midwife.") -> Desk:
    """A desk on which the step `offer` has a picture."""
    replies = {"templates/en/replies/private_line.j2": "Text 5 to read."}
    texts = {**line.TEXTS, **replies, "templates/en/flu/offer.j2": words, PATH: SVG}
    return line.desk(database, seal, shelf=line.shelf(line.step("offer", picture="candle"), texts=texts))


def leaves(desk: Desk, clock: Clock, channel: ChannelName = TELEGRAM) -> Leaving:
    line.queue(desk, clock.now, channel=channel)
    (job,) = dispatch.claim(desk, channel, 8, clock.now, UNPACED)
    return job.message


def test_a_picture_goes_with_the_words_on_telegram_and_not_by_sms(
    database: Database, seal: Seal, clock: Clock
) -> None:
    message = leaves(desk_with(database, seal), clock)
    assert message.body == "Flu jab: ask your midwife."
    assert message.picture == picture.drawn(SVG, right_to_left=False)
    drawn = dispatch.drawn(message)
    assert drawn is not None
    assert drawn.startswith(b"\x89PNG")
    assert leaves(desk_with(database, seal), clock, SMS).picture is None


def test_care_22_a_picture_never_goes_with_a_private_message(
    database: Database, seal: Seal, clock: Clock
) -> None:
    desk = desk_with(database, seal)
    line.queue(desk, clock.now, channel=TELEGRAM)
    desk.database.write(lambda conn: conn.execute(sa.update(members).values(private=True)))
    (job,) = dispatch.claim(desk, TELEGRAM, 8, clock.now, UNPACED)
    assert (job.message.body, job.message.picture) == ("Text 5 to read.", None)


def test_words_that_are_too_long_for_a_caption_go_without_the_picture(
    database: Database, seal: Seal, clock: Clock
) -> None:
    message = leaves(desk_with(database, seal, "Flu. " * 220), clock)
    assert message.picture is None
    assert len(message.body) > 1024


def test_a_picture_that_cannot_be_drawn_keeps_no_words_back(
    database: Database, seal: Seal, clock: Clock
) -> None:
    message = leaves(desk_with(database, seal), clock)
    assert dispatch.drawn(message._replace(picture="no svg")) is None


def test_p9_the_picture_is_the_one_that_was_published_in_the_direction_of_the_words() -> None:
    """Whatever is on disk by now."""
    pack = load({**WITH, "templates/ur/flu/offer.j2": "فلو {{ line_phone }}\n"}).pack("flu")
    assert PATH in pack
    assert hashes.PICTURES in pack
    words, key = words_from_pack(pack), ("flu", "offer")
    for language, turned in (("en", False), ("ur", True), ("pl", False)):
        found = step_drawing(words, key, Role.MOTHER, TELEGRAM, language, "candle")
        assert found == picture.drawn(SVG, right_to_left=turned)
