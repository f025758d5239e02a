"""multiprocessing/heap.py: the files behind Values and Arrays (CPython 3.8 to 3.15).

They are made in the session folder and left linked until the observer has them open too: it then reads the very memory
that the program writes, which costs the program nothing.
"""

import os

from .. import journal, records
from ..journal import count_fault
from ..weave import Weave

WEAVES = {
    "Arena.__init__": Weave(
        calls={
            "self._choose_dir(size)": "tap.choose_folder(size) or {}",
            "os.unlink(name)": "tap.keep_linked(self, size, name) or {}",
        }
    ),
    "Heap._discard_arena": Weave(statements={"self._arenas.remove(arena)": "tap.arena_discarded(arena)"}),
}


def choose_folder(size):
    """Return the session folder if it is in memory and has room; otherwise the standard choice."""
    try:
        if journal.memory is not None and journal.folder.startswith("/dev/shm/"):
            room = os.statvfs(journal.folder)
            # A program that has become another user may not write there.
            ours = os.access(journal.folder, os.W_OK | os.X_OK, effective_ids=True)
            if ours and room.f_bavail * room.f_frsize >= size:
                return journal.folder
    except OSError:
        pass
    except Exception:
        count_fault()
    return None


def keep_linked(arena, size, name):
    """Return True if the file stays linked until the observer has opened and unlinked it."""
    try:
        if name.startswith(journal.folder):
            journal.record(records.Arena(size, os.fsencode(os.path.basename(name))), os.fstat(arena.fd).st_ino)
            return True
    except Exception:
        count_fault()
    return False


def arena_discarded(arena):
    journal.record(records.ArenaLeft(), os.fstat(arena.fd).st_ino)
