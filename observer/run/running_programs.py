"""The programs of this user that are running now, as the Catalog offers them."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
from msgspec.structs import replace

from ..attach.process_tree import ProcessEntry
from ..attach.program_list import ListedProgram, duration_text, list_programs
from ..kernel.unobserved_reason import SESSION_VARIABLE
from ..scenarios.catalog import Scenario, load
from ..scenarios.launch import Launch
from .attached import launch_of

MAX_OFFERED = 5
"""The Catalog is for scenarios first; `rockproc-tui attach` lists all."""
IDLE_SECONDS = 1.0
"""The time without work after which a program is shown as idle."""
_MAX_ARGUMENTS_CHARACTERS = 200
_ABOUT = """\
It is **running already**. `enter` attaches: it shows what each process waits for and holds, and who could end each
wait. Everything is read from outside: nothing runs inside the program, and it is not stopped.

"""


class RunningProgram(msgspec.Struct, frozen=True):
    """A tree of Python processes that the user can attach to."""

    pid: int
    launch: Launch
    """A launch that contains its pid: the Lab then attaches instead of starting a program."""
    summary: str
    """The activity of the program in a few characters: `idle 14 min`, `3 processes`."""
    scenario: Scenario
    """The description in the Catalog."""


def running_programs() -> list[RunningProgram]:
    """Return the programs that use multiprocessing or have children: idle ones first, and the newest of these first.

    Programs that rockproc-tui itself has started are left out. Takes some hundredths of a second.
    """
    try:
        found = [
            program for program in list_programs() if program.uses_multiprocessing or len(program.program.members) > 1
        ]
    except OSError:
        return []  # there is no /proc
    found = [program for program in found if not _is_ours(program.program.root)]
    found.sort(key=lambda program: (program.idle or 0.0) < IDLE_SECONDS)
    return [_described(program) for program in found[:MAX_OFFERED]]


def _is_ours(root: ProcessEntry) -> bool:
    if any(word.endswith("/keeper_process.py") for word in root.arguments):
        return True
    try:
        return SESSION_VARIABLE in Path(f"/proc/{root.pid}/environ").read_bytes()
    except OSError:
        return False


def _described(listed: ListedProgram) -> RunningProgram:
    root, count = listed.program.root, len(listed.program.members)
    launch = replace(launch_of(root), pid=root.pid)
    processes = f"{count} process{'' if count == 1 else 'es'}"
    idle = listed.idle if listed.idle is not None and listed.idle >= IDLE_SECONDS else None
    command = " ".join(root.arguments)[:_MAX_ARGUMENTS_CHARACTERS].replace("`", "'")
    facts = [f"* `{command}`", f"* in `{launch.folder}`" if launch.folder else ""]
    # The text has only the time of the start: a text that changed every second could not be read.
    began = time.strftime("%Y-%m-%d %H:%M", time.localtime(time.time() - listed.age))
    facts.append(f"* pid {root.pid}, {processes}, running since {began}")
    script = Path(launch.folder or "") / launch.script
    source = "" if launch.module else load(script).source
    title = "python -c" if launch.script == "-c" else launch.title
    scenario = Scenario(script, title, "running", text=_ABOUT + "\n".join(filter(None, facts)), source=source)
    return RunningProgram(root.pid, launch, f"idle {duration_text(idle)}" if idle is not None else processes, scenario)
