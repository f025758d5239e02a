"""The names of the commands. Any other word is a FILE that is opened on a screen."""

from __future__ import annotations

from collections.abc import Sequence

COMMANDS = ("run", "check", "attach", "rules", "explain", "list", "replay", "export")
_WITH_SCREEN = ("attach", "replay")
_LAUNCHING = ("run", "check")


def opens_screen(words: Sequence[str]) -> bool:
    """Return whether a command line may open a screen."""
    return not words or words[0] not in COMMANDS or words[0] in _WITH_SCREEN


def launches(words: Sequence[str]) -> bool:
    """Return whether a command line launches a program without a screen, if nothing is wrong with it."""
    return len(words) > 1 and words[0] in _LAUNCHING
