"""The outputs of a command: files, which are checked before the run, and its own stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from .errors import UsageError

XML_BEGIN = b"<?xml"
JSON_BEGIN = b"{"
"""The first bytes of a file that holds JSON, also of one with an object per line."""

OPEN_DESCRIPTORS = ("/dev/fd/", "/dev/stdout", "/dev/stderr", "/proc/self/fd/")
"""Paths of what is open already, such as a shell's `>(command)`."""


def check_writable(option: str, name: str, begin: bytes) -> None:
    """Check that the file of an option can be written.

    Args:
        option: the option's name, for the message.
        name: the file's path.
        begin: the first bytes of files of the kind that will be written. An existing file must begin with them.

    Raises:
        UsageError: the file cannot be written, is no regular file, or holds something of another kind.
    """
    path = Path(name)
    try:
        if name.startswith(OPEN_DESCRIPTORS):
            return
        if path.is_fifo():
            # Opening it would wait for a reader, and closing it again would end that reader's input.
            raise UsageError(f"{option} {name}: that is a named pipe. Name a file, or /dev/fd/N.")
        with path.open("ab"):
            pass
        first_bytes = b""
        if path.is_file():
            with path.open("rb") as file:
                first_bytes = file.read(len(begin))
    except OSError as error:
        raise UsageError(f"{option} {name}: {error.strerror}. Name a file that can be written.") from error
    if first_bytes not in (b"", begin):
        raise UsageError(f"{option} {name}: that file holds something else. Name a new one.")


def print_out(pieces: Iterable[str]) -> None:
    """Write text to stdout at once. Raises UsageError when stdout is closed, and OSError when it takes no more."""
    if sys.stdout is None:
        raise UsageError("stdout is closed, so there is no place for the output. Redirect it to a file.")
    sys.stdout.writelines(map(_escaped, pieces) if sys.stdout.isatty() else pieces)
    sys.stdout.flush()


def _escaped(text: str) -> str:
    """Return text of which a terminal acts on nothing; inside JSON it stays the same text."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() or character in "\n\t" else _escape(character) for character in text
    )


def _escape(character: str) -> str:
    if ord(character) < 0x10000:
        return f"\\u{ord(character):04x}"
    import json

    return json.dumps(character)[1:-1]
