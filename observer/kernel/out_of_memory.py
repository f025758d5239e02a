"""Tells by the counter of a control group whether the kernel has killed processes because memory ran out."""

from __future__ import annotations

import re
from pathlib import Path

_MOUNT = Path("/sys/fs/cgroup")
_OWN = Path("/proc/self/cgroup")
_KILLS = re.compile(rb"^oom_kill (\d+)$", re.MULTILINE)


class OutOfMemory:
    """Assigns new kills of the OOM killer to processes that have ended by SIGKILL.

    The kernel raises the counter before it sends the signal. The program is in our own control group, or in one below
    it. Where that is not so, or there are no control groups, nothing is found.
    """

    def __init__(self, mount: Path = _MOUNT, own: Path = _OWN) -> None:
        """Read the counter as it is now.

        Args:
            mount: the folder where the control groups are mounted.
            own: the file that names the control group of a process.
        """
        self._file = _counter_file(mount, own)
        self._seen = self._settled = self._read()

    def settle(self) -> None:
        """Discard kills that were counted before the last call of this method, which is called twice a second.

        It was another program of the same group that the kernel killed then.
        """
        self._seen = max(self._seen, self._settled)
        self._settled = self._read()

    def has_killed_one(self) -> bool:
        """Return whether one more process was killed than this has returned True for."""
        kills = self._read()
        if kills <= self._seen:
            return False
        self._seen += 1
        return True

    def _read(self) -> int:
        try:
            found = _KILLS.search(self._file.read_bytes()) if self._file is not None else None
        except OSError:
            return 0
        return int(found[1]) if found is not None else 0


def _counter_file(mount: Path, own: Path) -> Path | None:
    """Return the file with the counter. In version 2 of control groups, it includes the groups below."""
    try:
        lines = own.read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers:
            roots, name = (mount, mount / "unified"), "memory.events"
        elif "memory" in controllers.split(","):
            roots, name = (mount / "memory",), "memory.oom_control"
        else:
            continue
        # In a container, the path may be that of the host, and the mount shows the group itself.
        for folder in [root / path.strip("/") for root in roots] + list(roots):
            if (folder / name).is_file():
                return folder / name
    return None
