"""The keeper process, which ends all processes of a run when the run ends; `Keeper` starts it and talks to it.

It is the parent of the observed program and, on Linux, the subreaper that adopts orphans. It ends everything on
request, or when its socket shows that rockproc-tui has ended, in whatever way. It is started by path, with `-I -S`, for
every run, so it imports little, and no module of rockproc.

The program is not given a parent-death signal: only its main process would have one (fork clears it), the program
could see the difference, and `Keeper` notices a killed keeper and ends the run from outside.
"""

# pathlib, contextlib, signal (for its enums) and ctypes take milliseconds to import.
# ruff: noqa: PTH100, PTH106, PTH108, PTH114, PTH118, PTH120, PTH123, PTH208, SIM105

from __future__ import annotations

import os
import select
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable
    from typing import Any

    from ..kernel.procfs import LINUX, Member, descendants, living, stat_fields
    from .framing import pack, unpack
elif __package__:
    import _signal as signal

    from ..kernel.procfs import LINUX, Member, descendants, living, stat_fields
    from .framing import pack, unpack
else:  # as the keeper, which is started by path and sees no package
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:0] = [folder, os.path.join(os.path.dirname(folder), "kernel")]
    import _signal as signal

    from framing import pack, unpack
    from procfs import LINUX, Member, descendants, living, stat_fields

    del sys.path[:2]

PR_SET_CHILD_SUBREAPER = 36
MAX_END_SECONDS = 10.0
"""Seconds after which processes that the kernel cannot kill (in uninterruptible sleep) are given up."""
MAX_TRACKER_SECONDS = 5.0
"""Seconds in which a resource tracker may unlink what the killed processes have left. It needs milliseconds."""
MAX_BUSY_TRACKER_SECONDS = 30.0
"""The same for one that does not sleep: it is still starting, or unlinking, on a machine that is very busy."""


def send(member: Member, number: int) -> bool:
    """Send a signal to this process, not to a later one with the same pid. Return False if that is not permitted."""
    pid, start = member
    try:
        if not LINUX:
            os.kill(pid, number)
            return True
        fd = os.pidfd_open(pid)
        try:
            fields = stat_fields(pid)
            if fields and int(fields[19]) == start:
                signal.pidfd_send_signal(fd, number)
        finally:
            os.close(fd)
    except PermissionError:
        return False
    except OSError:
        pass
    return True


def is_tracker(pid: int) -> bool:
    """Return True for a resource tracker, which unlinks the semaphores and shared memory of ended processes."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as words:
            command = words.read(4096)
            return b".resource_tracker import main" in command or b".semaphore_tracker import main" in command
    except OSError:
        return False


def end_all(find: Callable[[], list[Member]], reap: Callable[[], bool], limit: float = MAX_END_SECONDS) -> bool:
    """Kill what `find` finds until there is nothing left; False when something could not be killed.

    All are stopped before the first is killed: a process that forks whenever another one dies would otherwise escape.
    Trackers come last, with a moment in which they unlink what the rest has left. `reap` collects the dead and says
    whether there are children still, who can be too quick for `find`.
    """
    deadline = time.monotonic() + limit
    pause = 0.001
    spare, spared = True, set[Member]()
    while True:
        frozen: dict[Member, bool] = {}
        while fresh := [member for member in find() if member not in frozen and member not in spared]:
            for member in fresh:
                frozen[member] = send(member, signal.SIGSTOP)
            if time.monotonic() > deadline:
                break
        for member in frozen:
            if spare and is_tracker(member[0]):
                spared.add(member)
            else:
                send(member, signal.SIGKILL)
        left = reap()
        if not frozen and spared:
            await_trackers(spared, find, reap)
            spare, spared = False, set[Member]()
            deadline = time.monotonic() + limit
        elif not frozen and not left:
            return True
        elif time.monotonic() > deadline or (frozen and not any(frozen.values())):
            return False
        elif not frozen:
            catch_newest(os.getpid())
        time.sleep(pause)
        pause = min(pause * 2, 0.02)


def await_trackers(trackers: set[Member], find: Callable[[], list[Member]], reap: Callable[[], bool]) -> None:
    for tracker in trackers:
        send(tracker, signal.SIGCONT)
    begin = time.monotonic()
    while left := trackers & set(find()):
        limit = MAX_BUSY_TRACKER_SECONDS if any(is_busy(pid) for pid, _ in left) else MAX_TRACKER_SECONDS
        if time.monotonic() - begin > limit:
            return
        time.sleep(0.005)
        reap()


def is_busy(pid: int) -> bool:
    """Return True for a process that runs, or waits for a processor or a disk."""
    fields = stat_fields(pid)
    return bool(fields) and fields[0] in (b"R", b"D")


def catch_newest(parent: int) -> None:
    """Kill a child that forks and exits endlessly: its pid has changed whenever the process table was read."""
    for _ in range(100 if LINUX else 0):
        with open("/proc/loadavg", "rb") as figures:
            newest = int(figures.read().split()[-1])
        fields = stat_fields(newest)
        if fields and int(fields[1]) == parent:
            send((newest, int(fields[19])), signal.SIGKILL)


def remove_folder(folder: bytes) -> None:
    for path, folders, files in os.walk(folder, topdown=False):
        for name in files + folders:
            entry = os.path.join(path, name)
            try:
                if name in folders and not os.path.islink(entry):
                    os.rmdir(entry)
                else:
                    os.unlink(entry)
            except OSError:
                pass
    try:
        os.rmdir(folder)
    except OSError:
        pass


class Link:
    """The socket to rockproc-tui: messages both ways. Writing never waits for a reader that has stopped."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.closed = False
        self.unsent = bytearray()
        self._received = b""
        os.set_inheritable(fd, False)
        os.set_blocking(fd, False)

    def send(self, **event: object) -> None:
        self.unsent += pack(event)
        self.flush()

    def flush(self) -> None:
        try:
            while self.unsent:
                del self.unsent[: os.write(self.fd, self.unsent)]
        except BlockingIOError:
            pass
        except OSError:
            self.unsent.clear()
            self.closed = True

    def receive(self) -> list[dict[str, Any]]:
        try:
            while not self.closed:
                data = os.read(self.fd, 65536)
                self._received += data
                self.closed = not data
        except BlockingIOError:
            pass
        except OSError:
            self.closed = True
        messages, self._received = unpack(self._received)
        return messages


def become_program(launch: dict[str, Any], missing: list[int]) -> None:
    """Execute the program in the forked child, after setting up its session, descriptors and signal dispositions."""
    if launch["session"]:
        os.setsid()
    else:
        try:
            os.setpgid(0, launch["group"])
        except OSError:
            pass
    for target, fd in enumerate(launch["fds"]):
        if fd is not None:
            os.dup2(fd, target)
    for fd in missing:
        os.close(fd)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN if number in launch["ignored"] else signal.SIG_DFL)
    if launch["cwd"] is not None:
        os.chdir(launch["cwd"])
    signal.pthread_sigmask(signal.SIG_SETMASK, launch["blocked"])
    os.execvpe(launch["argv"][0], launch["argv"], launch["env"])


def start(launch: dict[str, Any], link: Link) -> int:
    """Fork and execute the program, report the result, and close its descriptors. Returns its pid, or 0."""
    missing: list[int] = []
    for fd in range(3):
        try:
            os.fstat(fd)
        except OSError:
            missing.append(fd)
            os.dup2(os.open(os.devnull, os.O_RDWR), fd)
    failure, failure_end = os.pipe()
    at = time.monotonic_ns()
    pid = os.fork()
    if pid == 0:
        try:
            become_program(launch, missing)
        except BaseException as error:
            os.write(failure_end, (getattr(error, "strerror", None) or str(error)).encode())
        finally:
            os._exit(127)
    close_descriptors({link.fd, failure})
    error = os.read(failure, 4096)
    os.close(failure)
    if error:
        os.waitpid(pid, 0)
        link.send(event="failed", error=error.decode(errors="replace"), at_ns=time.monotonic_ns())
        return 0
    if not launch["session"]:
        leave_session(launch["group"])
    link.send(event="started", pid=pid, at_ns=at)
    return pid


def leave_session(group: int) -> None:
    """Move the keeper from the session of the program to one of its own.

    When a process ends whose parent is in another group of the same session, the kernel may regard its group as
    orphaned: if a process in it is stopped, all processes of the group get SIGHUP. Without us the parent of the program
    is in its group, or is a shell.

    Args:
        group: the process group of the program. The leader of a group cannot leave its session, so that the keeper
            joins this group for a moment. All signals but SIGKILL and SIGSTOP are ignored.
    """
    try:
        os.setpgid(0, group)
        os.setsid()
    except OSError:
        pass


def close_descriptors(kept: set[int]) -> None:
    """Close the descriptors that were inherited for the program, so that its output ends when the program ends."""
    null = os.open(os.devnull, os.O_RDWR)
    for fd in range(3):
        os.dup2(null, fd)
    for name in os.listdir("/dev/fd"):
        if int(name) > 2 and int(name) not in kept:
            try:
                os.close(int(name))
            except OSError:
                pass
    os.chdir("/")


def reap(link: Link) -> bool:
    """Collect the children that have ended; False once there is no child left."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return True
        link.send(event="reaped", pid=pid, status=status, at_ns=time.monotonic_ns())


def watch(link: Link, wake: int) -> None:
    """Report the end of every child until the run is to end, or until rockproc-tui has closed the socket."""
    children = True
    poller = select.poll()
    poller.register(wake, select.POLLIN)
    while not link.closed:
        if children and not reap(link):
            children = False
            link.send(event="empty", at_ns=time.monotonic_ns())
        poller.register(link.fd, select.POLLIN | select.POLLOUT if link.unsent else select.POLLIN)
        poller.poll()
        try:
            os.read(wake, 4096)
        except BlockingIOError:
            pass
        link.flush()
        if any(command.get("do") == "end" for command in link.receive()):
            return


def notice(number: int, frame: object) -> None:
    """Do nothing. Only signals with a handler are written to the wake-up pipe."""


def wait_for(fd: int) -> None:
    poller = select.poll()  # `select` takes no descriptor above 1023.
    poller.register(fd, select.POLLIN)
    poller.poll()


def become_subreaper() -> None:
    """Let this process adopt orphans among its descendants. Raises ImportError, AttributeError or OSError."""
    import _ctypes

    prctl = _ctypes.dlsym(_ctypes.dlopen(None, 0), "prctl")  # pyright: ignore[reportArgumentType]
    _ctypes.call_function(prctl, (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))


def main() -> int:
    shielded = [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGPIPE]
    shielded += [signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM]
    for number in shielded:
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, notice)
    adopts_orphans = False
    if LINUX:
        try:
            become_subreaper()
            adopts_orphans = True
        except (ImportError, AttributeError, OSError):
            pass  # Then orphans go to init, and only those that are still in the tree are found.
    link = Link(int(sys.argv[1]))
    folder = os.fsencode(sys.argv[2]) if len(sys.argv) > 2 else None
    launches: list[dict[str, Any]] = []
    while not launches:
        wait_for(link.fd)
        launches = link.receive()
        if link.closed:
            if folder is not None:
                remove_folder(folder)
            return 0
    launch, *early = launches
    signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())
    started = start(launch, link)
    wake, wake_end = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(wake_end, False)
    signal.set_wakeup_fd(wake_end, warn_on_full_buffer=False)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    try:
        if not early:
            watch(link, wake)
    finally:
        # Who adopts orphans and has no child has no descendant: there is no need to read the table of processes.
        alone = not started or (adopts_orphans and not reap(link))
        ended = alone or end_all(lambda: descendants(os.getpid(), living()), lambda: reap(link))
        reap(link)
        if folder is not None:
            remove_folder(folder)
    return 0 if ended else 1


if __name__ == "__main__":
    os._exit(main())  # rockproc-tui waits for this end, and the cleanup of the interpreter takes milliseconds
