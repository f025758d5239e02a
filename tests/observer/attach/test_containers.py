"""Programs in a root directory, in namespaces and with a C library of their own are read from outside."""

from __future__ import annotations

import os
import shutil
import subprocess
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rockproc.observer.attach.attachment import Attachment
from rockproc.observer.model import State

from tests.observer.conftest import wait_until
from tests.probe.conftest import python

from .conftest import HEAD, look_until, rules
from .test_hanging import DEADLOCK, PROGRAMS, Hanging
from .test_waiting import PROGRAMS as CORRECT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="only root can enter another root"),
]
MOUNT = 'mount -t tmpfs none "$0"/dev/shm && mount -t proc proc "$0"/proc && exec chroot "$0" "$@"'
NAMESPACES = ["unshare", "--fork", "--kill-child", "--pid", "--mount", "--net", "--ipc"]
WAYS = {
    "a root directory": ["chroot"],
    "namespaces": [*NAMESPACES, "sh", "-c", MOUNT],
    "a user namespace": [*NAMESPACES, "--user", "--map-root-user", "sh", "-c", MOUNT],
}
BOTH_RECEIVE = Hanging(
    """
    if __name__ == "__main__":
        here, there = mp.Pipe()
        child = mp.Process(target=there.recv)
        child.start()
        here.recv()
    """,
    "no-eof",
    "",
    2,
)
HANGING = {"a deadlock": DEADLOCK, "no item left": PROGRAMS["one None too few"], "both receive": BOTH_RECEIVE}
Jailed = Callable[..., int]


@pytest.fixture
def jail(tmp_path: Path) -> Path:
    """A root directory with a Python, the standard library and the libraries that they need."""
    root = tmp_path / "root"
    for folder in ("dev/shm", "proc", "tmp", "py/lib"):
        (root / folder).mkdir(parents=True)
    (root / "dev/urandom").touch()
    home = Path(python("3.11")).resolve().parent.parent
    shutil.copytree(home / "bin", root / "py/bin", symlinks=True)
    ignored = shutil.ignore_patterns("test", "site-packages", "__pycache__", "idlelib", "config-3*")
    shutil.copytree(home / "lib/python3.11", root / "py/lib/python3.11", ignore=ignored)
    for library in (home / "lib").glob("libpython3*"):
        shutil.copy(library, root / "py/lib", follow_symlinks=False)
    files = [home / "bin/python3.11", *(home / "lib/python3.11/lib-dynload").glob("*.so")]
    needed = subprocess.run(["ldd", *map(str, files)], capture_output=True, text=True, check=False).stdout
    for word in {word for word in needed.split() if word.startswith("/") and not word.endswith(":")}:
        if not word.startswith(str(home)):
            place = root / word.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(word, place)
    return root


@pytest.fixture
def start_inside(jail: Path) -> Iterator[Jailed]:
    """Start a program in the root directory, and return the pid of its main process."""
    started: list[subprocess.Popen[bytes]] = []

    def start_inside(source: str, way: str) -> int:
        (jail / "tmp/program.py").write_text(HEAD + textwrap.dedent(source))
        command = [*WAYS[way], str(jail), "/py/bin/python3.11", "/tmp/program.py", "fork"]
        environment = {"LD_LIBRARY_PATH": "/py/lib", "PATH": os.environ["PATH"]}
        with (jail / "output").open("wb") as output:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment, start_new_session=True
            )
        started.append(process)
        found: list[int] = []

        def runs() -> bool:
            found[:] = [pid for pid in _session(process.pid) if _is_main(pid)]
            return bool(found) or process.poll() is not None

        wait_until(runs)
        if not found:
            pytest.skip(f"not permitted: {(jail / 'output').read_text()[-200:]}")
        return found[0]

    yield start_inside
    for process in started:
        wait_until(lambda process=process: not _kill_session(process.pid))
        process.wait()


def _session(leader: int) -> list[int]:
    output = subprocess.run(["ps", "-o", "pid=,stat=", "-s", str(leader)], capture_output=True, text=True, check=False)
    rows = [line.split() for line in output.stdout.splitlines()]
    return [int(pid) for pid, state in rows if not state.startswith("Z")]


def _kill_session(leader: int) -> bool:
    pids = _session(leader)
    for pid in pids:
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            continue
    return bool(pids)


def _is_main(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"/py/bin/python3.11\0/tmp/program.py")
    except OSError:
        return False


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("item", HANGING)
def test_a_program_that_hangs_there_is_explained(item: str, way: str, start_inside: Jailed) -> None:
    expected = HANGING[item]
    found = look_until(start_inside(expected.source, way), rules)
    assert rules(found) == [expected.rule], [finding.message for finding in found.findings]


@pytest.mark.parametrize("way", WAYS)
def test_a_correct_program_that_waits_there_has_no_finding(way: str, start_inside: Jailed) -> None:
    pid = start_inside(CORRECT["a holder that sleeps"], way)
    found = look_until(pid, lambda seen: any(lock.holders and lock.waiters for lock in seen.locks))
    assert not rules(found)
    attached = Attachment(pid)
    attached.read()
    assert all(not reading.problem for reading in attached.readings)
    attached.close()


def test_a_child_that_has_ended_there_has_its_name(start_inside: Jailed) -> None:
    source = """
        if __name__ == "__main__":
            child = mp.Process(target=os.getpid, name="the child")
            child.start()
            time.sleep(1000)
        """
    pid = start_inside(source, "namespaces")
    look_until(pid, lambda seen: any(process.state is State.ZOMBIE for process in seen.processes))
    attached = Attachment(pid)
    ended = [process for process in attached.read().processes.values() if process.state is State.ZOMBIE]
    attached.close()
    assert [process.name for process in ended] == ["the child"]
