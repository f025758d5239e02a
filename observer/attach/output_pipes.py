"""Finds children of a program that wait for room in a pipe which only their parent reads, while it waits for their end.

`subprocess.Popen(…, stdout=PIPE).wait()` never returns when the output does not fit into the pipe. The child may be
any program. The pipe becomes a channel, and the child counts as inspected: all that it does is known.
"""

from __future__ import annotations

import os
from contextlib import suppress

from ..model import Channel, World
from ..model.keys import ProcessKey
from .descriptors import descriptors, fill_level
from .identified_objects import IdentifiedObject, channel_key
from .program_reading import ProgramReading
from .reading import ProcessReading
from .system_calls import Blocked

_STREAMS = {1: "stdout", 2: "stderr"}


def add_output_pipes(world: World, program: ProgramReading) -> None:
    """Add these pipes to a world that has the processes already."""
    by_pid = {reading.pid: reading for reading in program.readings}
    for parent in program.readings:
        (thread,) = parent.threads.values() if len(parent.threads) == 1 else (None,)
        if thread is None or not thread.lasting or thread.state.call.blocked is not Blocked.CHILD:
            continue  # another thread may read the pipe
        child = by_pid.get(program.outer_pid(thread.state.call.child) or 0)
        found = _full_pipe(child) if child is not None and child.entry.ppid == parent.pid else None
        if child is None or found is None or not _only_reader(found[1], parent, child):
            continue
        name, inode = found
        named = program.objects.channels.setdefault(inode, IdentifiedObject(channel_key(inode), "Pipe", [(0, name)]))
        channel = world.channels.setdefault(named.key, Channel(named.key, "Pipe", name))
        channel.shared_with_unobserved = (ProcessKey(program.root.pid),)
        for number, descriptor in parent.descriptors.items():
            if descriptor.inode == inode and (level := fill_level(parent.pid, parent.descriptors[number])) is not None:
                channel.pipe_bytes, channel.pipe_capacity = level
        process = world.processes[ProcessKey(child.pid)]
        (only,) = child.threads.values()
        process.inspected, process.main_thread = True, only.ident


def _full_pipe(child: ProcessReading) -> tuple[str, int] | None:
    """Return the name and the inode of the pipe for whose room the only thread of a process waits."""
    (thread,) = child.threads.values() if len(child.threads) == 1 else (None,)
    if thread is None or not thread.lasting or thread.state.call.blocked is not Blocked.WRITE:
        return None
    (number,) = thread.state.call.files
    descriptor = child.descriptors.get(number)
    if descriptor is None or descriptor.kind != "pipe":
        return None
    return _STREAMS.get(number, f"pipe {descriptor.inode}"), descriptor.inode


def _only_reader(inode: int, parent: ProcessReading, child: ProcessReading) -> bool:
    """Return True if no other process of the machine that can be read has the reading end of a pipe open."""
    reads = False
    for name in os.listdir("/proc"):  # noqa: PTH208 (no Path for each of hundreds)
        if not name.isdigit():
            continue
        with suppress(OSError):
            if any(end.inode == inode and end.kind == "pipe" and end.reads for end in descriptors(int(name)).values()):
                if int(name) not in (parent.pid, child.pid):
                    return False
                reads = reads or int(name) == parent.pid
    return reads
