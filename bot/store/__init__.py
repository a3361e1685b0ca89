"""Rows: the only room that speaks SQL. It translates between rows and the domain, both ways."""
