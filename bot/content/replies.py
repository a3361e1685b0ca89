"""The replies the conversation gives: which there must be, and the values each may print."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.meaning import Crisis

_OWN: Mapping[str, tuple[str, ...]] = {
    "ask_language": ("menu",),
    "welcome": ("date",),
    "topic_stopped": ("topic",),
    "paused": ("date",),
    "born_saved": ("date",),
    "neonatal": ("date", "ward"),
    "due_saved": ("date",),
    "did_you_mean": ("word",),
    "my_data": ("role", "language", "topics"),
    "check_in": ("due_date", "weeks"),
    "invite_pass_on": ("code", "date"),
    "newphone": ("code", "date"),
    "remind_set": ("date",),
    "reminder": ("topic",),
    "signpost": ("services", "more", "place", "shut"),
    "signpost_line": ("service", "phone", "text", "web", "ask", "state", "day", "time"),
    "safe": ("services", "more"),
    "area_saved": ("area",),
    "topics_choose": ("choices", "chosen", "more"),
    "topic_on": ("word",),
}

_PLAIN = (
    "consent", "consent_declined", "ask_who", "ask_date_mother", "ask_date_relative", "ask_date_again",
    "welcome_no_date", "already_joined", "not_a_mobile", "join_first",
    "stopped", "wrong_number", "stop_unclear", "started", "start_after_loss",
    "resumed", "held_ok",
    "loss", "loss_thanks", "loss_unclear", "undone", "undo_nothing",
    "support_menu", "support_mother", "support_partner", "support_grandparent", "support_other",
    "support_messages_on", "support_messages_noted",
    "support_week_on", "support_next_pregnancy", "support_nothing",
    "support_living_baby", "support_apart", "support_apart_other", "own_recovery_on",
    "born_where", "born_ask_date", "birth_to_come", "birth_stands", "home", "apart", "due_ask",
    "signpost_none", "more_nothing", "topics", "topics_after_loss", "topic_off",
    "safe_alone", "moved_where",
    "check_in_12_months", "menu", "menu_after_loss", "menu_work", "work_help",
    "invite_first", "invite_enough", "removed", "remove_whom", "code_wrong", "ask_who_invited", "left",
    "work_consent", "work_welcome", "work_only", "work_elsewhere",
    "newphone_here", "time_when", "remind_when", "remind_of_what",
    "private_on", "private_off", "private_line", "nothing_to_read",
    "help", "not_understood", "voice_note", "deleted_confirm", "deleted", "done", "ok", "not_yours",
)  # fmt: skip

CRISIS_KEYS = tuple(f"crisis/{kind}" for kind in Crisis)

NAMES = ("names_services", "names_topics", "names_buttons")
"""Lists of names in a language other than English, `key - name` a line; not answers themselves. What they are
called in English stands in the directory and in the code."""

REPLY_VALUES: Mapping[str, frozenset[str]] = {
    **{key: frozenset(names) for key, names in _OWN.items()},
    **{key: frozenset() for key in _PLAIN},
    **{key: frozenset() for key in CRISIS_KEYS},
}
"""Reply key -> the values it is given besides the shared ones; each must be written in English."""
