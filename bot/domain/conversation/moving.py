"""MOVED: where somebody lives now, if they like to say; their care goes with them."""

from __future__ import annotations

from bot.domain.conversation import effects as e
from bot.domain.conversation.person import Person
from bot.domain.conversation.rights import Deed, may
from bot.domain.conversation.turn import Reply, Talk, Turn, say
from bot.domain.meaning import Meaning

WHERE = "moved:where"


def moved(meaning: Meaning, person: Person) -> Turn:
    """A member moved home; with the postcode it is saved at once, without it is asked for, once."""
    told = (e.Moved(),) if may(Deed.MOVED, person) else ()  # a relative's own move says nothing of hers
    if meaning.area is not None:
        return say("area_saved", *told, e.SetArea(meaning.area), area=meaning.area.upper())
    return Turn(Talk(WHERE), (*told, e.SetArea("")), (Reply("moved_where"),))


def answered(talk: Talk, meaning: Meaning) -> Turn | None:
    """The postcode, or a 0; None when the text was neither."""
    if talk.name != WHERE:
        return None
    if meaning.digit == 0:
        return say("ok")
    if meaning.area is None:
        return None
    return say("area_saved", e.SetArea(meaning.area), area=meaning.area.upper())
