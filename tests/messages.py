"""The messages of a run in a form that tests can compare."""

from __future__ import annotations

from rockproc.observer.decoding.preview import preview
from rockproc.observer.model import Message


def content_of(message: Message) -> str:
    """Return the beginning of a message as Python would write it."""
    return preview(message.content, message.size)
