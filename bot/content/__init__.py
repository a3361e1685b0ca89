"""Campaigns, templates and config: from files to the domain, or every fault at once."""
