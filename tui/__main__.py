"""`python -m rockproc.tui`, and the command `rockproc-tui`."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import NoReturn

from .own_path import isolate

isolate()  # before anything is imported that the program might have a module of the same name for

from .cli.command_names import launches, opens_screen  # noqa: E402
from .runtime import garbage_collection  # noqa: E402
from .runtime.light_imports import import_msgspec  # noqa: E402


def main() -> int:
    """Carry out the command line of this process and return the exit status."""
    if not opens_screen(sys.argv[1:]):
        garbage_collection.collect_rarely()
        if launches(sys.argv[1:]):
            from rockproc.observer.keeper.early_keeper import start_early

            start_early()
        import_msgspec()
        _end_at_once(_execute())
    from .runtime.typed_ahead import flow_control_off

    with flow_control_off():
        return _execute()


def _execute() -> int:
    # This takes most of the start, and keys may be typed meanwhile.
    from .cli.main import main as execute

    return execute()


def _end_at_once(status: int) -> NoReturn:
    """End this process without the cleanup of the interpreter, which takes as long as a short program.

    Everything has been written, and what a command has started has ended. The kernel frees the memory.
    """
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    sys.exit(main())
