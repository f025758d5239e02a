"""The severity and the verdict of a finding, and the role of a process."""

from __future__ import annotations

import enum


class Severity(enum.StrEnum):
    ERROR = "error"
    """The program cannot do what it was made for: it hangs, or its result is wrong."""
    WARNING = "warning"
    INFO = "info"
    """Worth knowing, or a warning that no longer holds."""


class Verdict(enum.StrEnum):
    """The certainty of a finding."""

    CERTAIN = "certain"
    """The records prove it: for a wait, no thread is left that could end it."""
    ORPHANED = "orphaned"
    """The process that was needed has ended."""
    SUSPECTED = "suspected"
    """It is likely, and not proved. For a wait, the finding names what could still end it."""
    IN_VAIN = "in vain"
    """A wait with a time-out: it will end, without what it waits for."""
