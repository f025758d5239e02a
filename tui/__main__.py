"""`python -m rockproc.tui`, and the command `rockproc-tui`."""

from __future__ import annotations

import sys

from .own_path import isolate

isolate()  # before anything is imported that the program might have a module of the same name for

from .cli.main import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
