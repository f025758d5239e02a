"""The error that a command reports to its user."""

from __future__ import annotations


class UsageError(Exception):
    """The command line cannot be carried out; the message is one line that says what is wrong and how to fix it."""
