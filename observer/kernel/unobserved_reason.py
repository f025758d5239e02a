"""Finds out from /proc why a process does not carry the probe (Linux)."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from ..model import UnobservedReason
from .procfs import read_proc

SESSION_VARIABLE = b"ROCKPROC_SESSION="
"""Begins the entry of the environment by which a Python finds the probe."""
START_SECONDS = 5.0
"""Seconds that an interpreter may take, on a busy machine, until the probe begins in it."""
_JOURNAL_SECONDS = 0.25
"""The age at which the journal of a process that has begun one has been read, before it became another user."""
_PYTHON = re.compile(r"(?:python|pypy)(\d+(?:\.\d+)?)?(?:d|t)?(?:\.exe)?")
_WRAPPERS = ("env", "sh", "dash", "bash")
"""Programs that may execute a Python in their place in the next moment."""
_OLDEST = (3, 8)
_WITH_VALUE = "cmWX"
"""Options of Python that are followed by a value; the program and its arguments follow `-c` and `-m`."""
_ISOLATING = "IES"


def unobserved_reason(pid: int, parent_command: str | None, command: str, age: float) -> UnobservedReason | None:
    """Return why a living process does not carry the probe; None as long as the probe may still begin in it.

    Args:
        pid: the process.
        parent_command: the command line of its parent: a fork has the same one until it executes another program.
        command: its own command line, as `ProcessStats.command` has it.
        age: seconds since it was first seen.
    """
    try:
        arguments = read_proc(f"{pid}/cmdline").split(b"\0")[:-1]
    except OSError:
        return None
    name = _executable_name(pid) or Path(os.fsdecode(arguments[0])).name if arguments else _executable_name(pid)
    if not name:
        return None  # it has ended, or is a thread of the kernel
    python = _PYTHON.fullmatch(name)
    if python is None:
        return None if name in _WRAPPERS and age < START_SECONDS else UnobservedReason.OTHER_PROGRAM
    if name.startswith("pypy") or _is_too_old(python[1]):
        return UnobservedReason.UNSUPPORTED_VERSION
    if _is_isolated(arguments[1:]):
        return UnobservedReason.ISOLATED
    forked = command == parent_command
    if not forked and not _has_session(pid):
        return UnobservedReason.SUBPROCESS
    if age >= _JOURNAL_SECONDS and _is_other_user(pid):
        return UnobservedReason.DROPPED_PRIVILEGES
    return UnobservedReason.FAILED_TAP if age >= START_SECONDS else None


def reason_by_name(arguments: Sequence[str], *, followed: bool) -> UnobservedReason | None:
    """Return why a program does not carry the probe, judged by its command line; None if it may carry the probe.

    Args:
        arguments: the first words of its command line.
        followed: Pythons that are started by `subprocess` carry the probe, too.
    """
    if not arguments or _PYTHON.fullmatch(Path(arguments[0]).name) is None:
        return UnobservedReason.OTHER_PROGRAM
    return None if followed else UnobservedReason.SUBPROCESS


def has_left_journal(pid: int, journal: str) -> bool:
    """Return whether a process that had mapped its journal has executed another program since then.

    Args:
        pid: the process.
        journal: the name of the journal's file.
    """
    try:
        maps = Path(f"/proc/{pid}/maps").read_bytes()
    except OSError:
        return False
    return bool(maps) and os.fsencode(journal) not in maps  # a process that has ended has no maps


def _executable_name(pid: int) -> str:
    """Return the file name of the executable; empty where it may not be read."""
    try:
        return Path(f"/proc/{pid}/exe").readlink().name.removesuffix(" (deleted)")
    except OSError:
        return ""


def _is_too_old(version: str | None) -> bool:
    parts = tuple(int(part) for part in (version or "").split(".") if part)
    return bool(parts) and parts < _OLDEST[: len(parts)]


def _is_isolated(arguments: list[bytes]) -> bool:
    """Return whether the options of a Python keep it from looking for the probe."""
    skip = False
    for argument in arguments:
        option = os.fsdecode(argument)
        if skip:
            skip = False
            continue
        if not option.startswith("-") or option in ("-", "--"):
            return False
        if option.startswith("--"):
            skip = option == "--check-hash-based-pycs"
            continue
        for position, letter in enumerate(option[1:], 2):
            if letter in _ISOLATING:
                return True
            if letter in "cm":
                return False
            if letter in _WITH_VALUE:
                skip = position == len(option)
                break
    return False


def _has_session(pid: int) -> bool:
    """Return whether the process was started with the environment that loads the probe."""
    try:
        return SESSION_VARIABLE in Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False


def _is_other_user(pid: int) -> bool:
    try:
        fields = re.search(rb"^Uid:\s+\d+\s+(\d+)", read_proc(f"{pid}/status"), re.MULTILINE)
    except OSError:
        return False
    return fields is not None and int(fields[1]) != os.geteuid()
