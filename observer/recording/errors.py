"""The error for files that are not valid recordings."""

from __future__ import annotations


class RecordingError(Exception):
    """A file is no recording or is damaged. The message is one line for the user that follows the file's name."""
