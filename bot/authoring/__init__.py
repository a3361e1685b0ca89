"""Tools for those who write campaigns; no database."""
