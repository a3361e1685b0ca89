"""Use cases: synchronous, one transaction a function, `now` an argument, never a provider."""
