"""The ways to whoever is on duty: they are told of an alert, and never of a person."""
