"""Doors for providers: what they push and what we poll."""
