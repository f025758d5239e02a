"""Messages on stderr. No error is raised if stderr is closed, full, or no longer read."""

from __future__ import annotations

import contextlib
import os
import sys


def print_error(text: str) -> None:
    """Write a line, or several, to stderr."""
    if sys.stderr is None:
        return  # `print` would write to stdout then
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        # The rest of the buffer would fail again at the exit.
        with contextlib.suppress(OSError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 2)
            os.close(null)
