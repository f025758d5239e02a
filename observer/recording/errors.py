"""The error about a file that is no recording."""

from __future__ import annotations


class RecordingError(Exception):
    """A file is no recording, or a damaged one. The message is one line for the user, to follow the file's name."""
