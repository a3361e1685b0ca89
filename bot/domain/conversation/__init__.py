"""Conversation as (state, what was meant, who writes, now) -> (state, effects, replies)."""
