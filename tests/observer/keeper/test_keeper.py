from __future__ import annotations

import os
import pty
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from rockproc.observer.keeper import keeper_process
from rockproc.observer.keeper.keeper import Keeper
from rockproc.observer.kernel import procfs

from tests.observer.conftest import MARK, Program, marked_with, wait_until

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
    pytest.mark.usefixtures("mark"),
]
Launch = Callable[..., Program]

APP = """
import os, signal, sys, time
from pathlib import Path
from rockproc.observer.keeper import keeper_process
from rockproc.observer.keeper.keeper import Keeper
"""

FAMILY = """
import os, signal, sys, time
for i in range({count}):
    if os.fork() == 0:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        if i % 3 == 0:
            os.setsid()
            if os.fork():
                os._exit(0)
        open(f"{folder}/born-{{os.getpid()}}", "w").close()
        if i % 3 == 1:
            os.kill(os.getpid(), signal.SIGSTOP)
        time.sleep(1000)
time.sleep(1000)
"""


def born(folder: Path) -> int:
    return len(list(folder.glob("born-*")))


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("pass", 0),
        ("raise SystemExit(3)", 3),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -15),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -9),
    ],
)
def test_the_exit_status_and_the_end_of_all_processes_are_reported(launch: Launch, code: str, status: int) -> None:
    before = time.monotonic_ns()
    program = launch(code)
    program.until("empty")
    started, reaped = program.find("started"), program.find("reaped")
    assert started
    assert reaped
    assert reaped["pid"] == started["pid"]
    assert os.waitstatus_to_exitcode(reaped["status"]) == status
    assert before < started["at_ns"] < reaped["at_ns"] < time.monotonic_ns()


def test_the_keeper_adopts_orphans_and_reports_their_end(launch: Launch) -> None:
    program = launch("import os, time\nif os.fork() == 0:\n    time.sleep(.1)\n    os._exit(7)")
    program.until("empty")
    codes = [os.waitstatus_to_exitcode(event["status"]) for event in program.events if event["event"] == "reaped"]
    assert codes == [0, 7]


@pytest.mark.parametrize(
    ("argv", "cwd", "error"),
    [
        (["/nowhere/python9"], None, "No such file or directory"),
        (["python-that-is-not-there"], None, "No such file or directory"),
        (["/etc/passwd"], None, "Permission denied"),
        ([sys.executable], "/nowhere", "No such file or directory"),
    ],
)
def test_a_program_that_cannot_be_executed_is_reported_with_the_reason(
    argv: list[str], cwd: str | None, error: str
) -> None:
    program = Program("")
    program.end()
    program.events.clear()
    program.keeper = Keeper()
    program.keeper.launch(argv, cwd=cwd)
    assert program.until("failed")["error"] == error
    program.end()
    assert not program.find("started")


def test_daemons_and_stopped_and_unwilling_processes_are_ended(
    launch: Launch, mark: str, folder: Path, tmp_path: Path
) -> None:
    program = launch(FAMILY.format(count=200, folder=tmp_path), folder=folder)
    wait_until(lambda: born(tmp_path) == 200)
    program.end()
    assert program.keeper_status == 0
    assert not marked_with(mark)
    assert not folder.exists()
    statuses = [event["status"] for event in program.events if event["event"] == "reaped"]
    assert statuses.count(signal.SIGKILL) == 201
    assert program.events[-1]["event"] != "gone"


@pytest.mark.parametrize("frozen", [False, True])
def test_semaphores_and_shared_memory_of_killed_processes_are_unlinked(
    launch: Launch, tmp_path: Path, frozen: bool
) -> None:
    code = """
    import multiprocessing, os, signal, time
    from multiprocessing import resource_tracker, shared_memory
    lock = multiprocessing.get_context("spawn").Lock()
    memory = shared_memory.SharedMemory(create=True, size=100)
    print(lock._semlock.name[1:], memory.name, resource_tracker._resource_tracker._pid, flush=True)
    time.sleep(1000)
    """
    with (tmp_path / "out").open("wb") as out:
        program = launch(textwrap.dedent(code), stdout=out.fileno())
    wait_until(lambda: (tmp_path / "out").read_text().endswith("\n"))
    semaphore, memory, tracker = (tmp_path / "out").read_text().split()
    files = [Path("/dev/shm", f"sem.{semaphore}"), Path("/dev/shm", memory)]
    assert all(path.exists() for path in files)
    # A tracker that has just been forked is not one yet.
    wait_until(lambda: keeper_process.is_tracker(int(tracker)))
    if frozen:
        os.kill(int(tracker), signal.SIGSTOP)
    program.end()
    assert not any(path.exists() for path in files)
    assert program.keeper_status == 0


BUSY = """
import time
end = time.monotonic() + 1.5
while time.monotonic() < end:
    pass
# as in the words of a tracker: from multiprocessing.resource_tracker import main
"""
ASLEEP = BUSY.replace("pass", "time.sleep(5)").replace("1.5", "60")


@pytest.mark.parametrize(("code", "status"), [(BUSY, 0), (ASLEEP, -signal.SIGKILL)], ids=["busy", "asleep"])
@pytest.mark.slow
def test_a_tracker_has_time_to_finish_while_it_is_busy(
    code: str, status: int, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine, a tracker may still be starting when the objects that it must unlink are left."""
    assert mark
    monkeypatch.setattr(keeper_process, "MAX_TRACKER_SECONDS", 0.3)
    tracker = subprocess.Popen([sys.executable, "-S", "-c", code])
    wait_until(lambda: keeper_process.is_tracker(tracker.pid))
    member = tracker.pid, procfs.living()[tracker.pid][2]

    def find() -> list[procfs.Member]:
        return [member] if tracker.poll() is None else []

    assert keeper_process.end_all(find, lambda: tracker.poll() is None)
    assert tracker.wait() == status


def test_a_process_that_forks_and_exits_endlessly_is_caught(launch: Launch) -> None:
    program = launch("import os\nwhile not os.fork(): pass")
    program.until("reaped")
    program.end()
    assert program.keeper_status == 0, "the keeper had to be killed"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_when_the_app_dies_nothing_is_left(mark: str, base: Path, tmp_path: Path, number: int) -> None:
    family = FAMILY.format(count=9, folder=tmp_path)
    code = f"""
    from rockproc.observer.keeper import session
    session.MEMORY = Path({str(base)!r})
    session._base = lambda: session.MEMORY
    made = session.Session()
    keeper = Keeper(folder=made.path)
    made.make()
    keeper.launch([sys.executable, "-c", {family!r}])
    time.sleep(1000)
    """
    app = subprocess.Popen([sys.executable, "-c", APP + textwrap.dedent(code)])
    wait_until(lambda: born(tmp_path) == 9)
    assert len(list(base.iterdir())) == 1
    app.send_signal(number)
    app.wait()
    wait_until(lambda: not marked_with(mark) and not list(base.iterdir()))


def test_when_the_keeper_is_killed_the_run_is_ended_from_outside(
    launch: Launch, mark: str, folder: Path, tmp_path: Path
) -> None:
    env = {**os.environ, "SESSION": f"{folder}\nwhat else the probe needs"}
    program = launch(FAMILY.format(count=9, folder=tmp_path), folder=folder, env=env)
    program.until("started")
    wait_until(lambda: born(tmp_path) == 9)
    os.kill(program.keeper.pid, signal.SIGKILL)
    program.until("gone")
    assert not marked_with(mark)
    assert not folder.exists()
    program.end()
    assert program.keeper_status == -signal.SIGKILL


def test_the_keeper_ignores_signals_of_the_terminal_and_stray_signals(launch: Launch) -> None:
    program = launch("import time; time.sleep(1000)")
    program.until("started")
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT, signal.SIGTSTP, signal.SIGUSR1):
        os.kill(program.keeper.pid, number)
    os.kill(program.keeper.pid, signal.SIGSTOP)
    assert os.WTERMSIG(next(e for e in program.end() if e["event"] == "reaped")["status"]) == signal.SIGKILL
    assert program.keeper_status == 0


SIGNALS = "print(*(line for line in open('/proc/self/status') if line[:6] in ('SigBlk', 'SigIgn', 'SigCgt')))"


def test_the_program_begins_with_the_signals_of_a_bare_run(launch: Launch, tmp_path: Path) -> None:
    # In a session of its own it is started by fork and exec: after posix_spawn it ignores signals that glibc uses.
    command = [sys.executable, "-c", SIGNALS]
    bare = subprocess.run(command, stdout=subprocess.PIPE, check=True, start_new_session=True).stdout
    with (tmp_path / "out").open("wb") as out:
        # What an app has changed since it began is not the program's business.
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            launch(SIGNALS, stdout=out.fileno()).until("empty")
        finally:
            signal.signal(signal.SIGINT, before)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR1])
    assert b"SigIgn" in bare
    assert (tmp_path / "out").read_bytes() == bare


def test_signals_ignored_by_nohup_stay_ignored() -> None:
    code = APP + textwrap.dedent(f"""
    keeper = Keeper(inherit=True)
    keeper.launch([sys.executable, "-c", {SIGNALS!r}])
    while not any(event["event"] == "empty" for event in keeper.read_events()):
        time.sleep(.005)
    keeper.end()
    """)
    shell = ["sh", "-c", 'trap "" HUP INT; exec "$@"', "-", sys.executable, "-c"]
    bare = subprocess.run([*shell, SIGNALS], stdout=subprocess.PIPE, check=True).stdout
    kept = subprocess.run([*shell, code], stdout=subprocess.PIPE, check=True).stdout
    assert bare == kept
    assert int(bare.split(b"SigIgn:")[1].split()[0], 16) & 1, "SIGHUP"


def test_output_ends_when_the_program_does(mark: str) -> None:
    code = APP + textwrap.dedent("""
    null = os.open(os.devnull, os.O_RDWR)
    keeper = Keeper(inherit=True)
    keeper.launch([sys.executable, "-c", "print('done')"])
    for fd in range(3):
        os.dup2(null, fd)
    time.sleep(1000)
    """)
    app = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert app.stdout
    assert app.stdout.read() == b"done\n", "read to the end while app and keeper live"
    assert len(marked_with(mark)) == 2
    app.kill()
    app.wait()
    app.stdout.close()
    wait_until(lambda: not marked_with(mark))


def test_inheritable_descriptors_of_a_shell_reach_the_program(launch: Launch, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"from <(...)")
    os.close(writing)
    os.set_inheritable(reading, True)
    with (tmp_path / "out").open("wb") as out:
        program = launch(f"print(open({reading}).read())", stdout=out.fileno())
    os.close(reading)
    program.until("empty")
    assert (tmp_path / "out").read_text() == "from <(...)\n"


def test_arguments_environment_and_folder_arrive_byte_for_byte(mark: str, tmp_path: Path) -> None:
    odd = os.fsdecode(b"caf\xc3\xa9 \xff\n")
    folder = tmp_path / odd
    folder.mkdir()
    code = "import os, sys; print([os.fsencode(x) for x in (sys.argv[1], os.environ['ODD'], os.getcwd())])"
    with (tmp_path / "out").open("wb") as out:
        env = {"ODD": odd, MARK: mark, "LC_ALL": "C"}
        keeper = Keeper(stdout=out.fileno())
        keeper.launch([sys.executable, "-c", code, odd], env=env, cwd=str(folder))
    wait_until(lambda: any(event["event"] == "empty" for event in keeper.read_events()))
    keeper.end()
    expected = [os.fsencode(text) for text in (odd, odd, str(folder.resolve()))]
    assert (tmp_path / "out").read_text().strip() == str(expected)


def test_without_inherit_the_program_is_away_from_the_terminal(launch: Launch, tmp_path: Path) -> None:
    code = "import os, sys; print(sys.stdin.read() == '', os.getsid(0) == os.getpgrp() == os.getpid())"
    with (tmp_path / "out").open("wb") as out:
        launch(code, stdout=out.fileno()).until("empty")
    assert (tmp_path / "out").read_text() == "True True\n"


# In short steps: a signal that comes just before Python waits is heeded after the wait.
TERMINAL = """
import os, signal, time
print([os.isatty(fd) for fd in range(3)], os.getpgrp() == os.tcgetpgrp(0), flush=True)
try:
    print("ready", flush=True)
    while True:
        time.sleep(.01)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_with_inherit_the_program_has_the_terminal_and_ctrl_c() -> None:
    code = APP + textwrap.dedent(f"""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keeper = Keeper(inherit=True)
    keeper.launch([sys.executable, "-c", {TERMINAL!r}])
    events = []
    while not any(event["event"] == "empty" for event in events):
        events += keeper.read_events()
        time.sleep(.005)
    print([event.get("status") for event in events])
    keeper.end()
    """)
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-c", code])
    seen = b""
    while b"ready\r\n" not in seen:
        seen += os.read(terminal, 1024)
    os.write(terminal, b"\x03")
    try:
        while data := os.read(terminal, 1024):
            seen += data
    except OSError:
        pass  # How Linux says that nobody has the other side open.
    os.close(terminal)
    assert os.waitpid(pid, 0)[1] == 0
    assert seen.decode().split("\r\n")[0] == "[True, True, True] True"
    assert seen.decode().replace("^C", "").split("\r\n")[2:4] == ["interrupted", "[None, 0, None]"]


def test_without_proc_processes_are_found_by_ps(monkeypatch: pytest.MonkeyPatch, launch: Launch) -> None:
    launch("import time; time.sleep(1000)").until("started")
    with (
        monkeypatch.context() as patch
    ):  # undone before the keeper is waited for, which needs `pidfd_open` from 3.15 on
        for module in (procfs, keeper_process):
            patch.setattr(module, "LINUX", False)
        patch.setattr(os, "pidfd_open", None)
        [keeper] = [pid for pid, _ in procfs.descendants(os.getpid(), procfs.living()) if is_keeper(pid)]
        [program] = procfs.descendants(keeper, procfs.living())
        assert keeper_process.send(program, signal.SIGKILL)
        wait_until(lambda: not procfs.descendants(keeper, procfs.living()))


def is_keeper(pid: int) -> bool:
    try:
        return b"keeper_process" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # The `ps` itself.
        return False


def modules_imported_by(*words: str, pass_fds: Sequence[int] = ()) -> set[bytes]:
    """Run `python WORDS…` and return the names of the modules that it imports."""
    program = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "importtime", *words], stderr=subprocess.PIPE, pass_fds=pass_fds, check=True
    )
    return {line.split(b"|")[-1].strip() for line in program.stderr.splitlines() if b"|" in line}


def test_the_keeper_starts_fast() -> None:
    """The start takes about 20 ms on an idle machine. It depends on the imports, so the test checks these."""
    ours, other = socket.socketpair()
    other.close()  # so that the keeper ends at once
    with ours:
        imported = modules_imported_by(keeper_process.__file__, str(ours.fileno()), pass_fds=[ours.fileno()])
    assert b"framing" in imported
    unwanted = {b"json", b"re", b"subprocess", b"socket", b"typing", b"pathlib", b"contextlib", b"shutil", b"threading"}
    assert not imported & unwanted - modules_imported_by("-c", "import ctypes")  # it imports threading from 3.14 on
