"""Providers: the only room that speaks Telegram and Twilio."""
