"""Everything that can go wrong, as one tree.

ThinkFamilyError              code, sentence, remedy
├── ContentError              campaigns, templates or config are wrong; carries every fault at once
├── SettingsError             the environment or .env is wrong
├── RefusedToStart            this mode may not run with what is approved, named or connected
├── BadInput                  a person or a member of staff gave something that cannot be used
├── NotFound                  no such campaign, family, message, approver ...
├── NotAllowed                it exists, and may not be done (by this one, in this mode, now)
└── DatabaseTrouble           the database did not do it; nothing was changed
    ├── DatabaseBusy          locked or overloaded: try again later
    ├── DatabaseGone          not reachable, read-only, full or damaged: an operator must look
    └── SchemaUnknown         the schema is older or newer than this program

Providers' errors are not here: a channel answers with a value (`domain.outbox.Answer`), never raises.
No sentence may hold a name, a number, a date of birth, a token or the words of a message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class ThinkFamilyError(Exception):
    """Base of the tree: `code` for machines, `sentence` says what and where, `remedy` what to do."""

    code = "error"

    def __init__(self, sentence: str, remedy: str = "", *, code: str | None = None) -> None:
        super().__init__(f"{sentence} {remedy}".strip())
        self.sentence = sentence
        self.remedy = remedy
        if code is not None:
            self.code = code


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One mistake in the content: `path:line:column: what is wrong, and what to do` (lines from 1)."""

    path: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.message}"


class ContentError(ThinkFamilyError):
    """Campaigns, templates or config are wrong; `faults` holds every mistake found, in file order."""

    code = "content"

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(str(fault) for fault in self.faults))


class SettingsError(ThinkFamilyError):
    """The environment or .env is wrong; the sentence names the variable, never its value."""

    code = "settings"


class RefusedToStart(ThinkFamilyError):
    """This mode may not run with what is approved, named or connected; says all that is missing."""

    code = "refused_to_start"


class BadInput(ThinkFamilyError):
    """A person or a member of staff gave something that cannot be used; the code says which kind."""

    code = "bad_input"


class NotFound(ThinkFamilyError):
    """No such thing; the sentence says what was looked for and where."""

    code = "not_found"


class NotAllowed(ThinkFamilyError):
    """It exists, and may not be done by this one, in this mode or at this time."""

    code = "not_allowed"


class DatabaseTrouble(ThinkFamilyError):
    """The database did not do it; the transaction was rolled back."""

    code = "database"


class DatabaseBusy(DatabaseTrouble):
    """Locked, overloaded or shutting down: the same work may succeed in a moment."""

    code = "database_busy"


class DatabaseGone(DatabaseTrouble):
    """Unreachable, read-only, full or damaged: an operator must look."""

    code = "database_gone"


class SchemaUnknown(DatabaseTrouble):
    """The schema is older or newer than this program knows."""

    code = "schema_unknown"
