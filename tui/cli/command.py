"""The interface of a subcommand. A module of this package that has these functions is a subcommand."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Protocol

from .options import Options


class Command(Protocol):
    """A subcommand of `rockproc-tui`."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's own options to its parser."""
        ...

    def read(self, parser: argparse.ArgumentParser, words: Sequence[str], options: Options) -> Options:
        """Parse the words behind the command's name into `options`. Raises UsageError."""
        ...

    def execute(self, options: Options) -> int:
        """Carry the command out and return the exit status. Raises UsageError."""
        ...
