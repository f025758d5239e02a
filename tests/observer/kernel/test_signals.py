from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from rockproc.observer.kernel.identity import start_time
from rockproc.observer.kernel.signals import SIGNALS, ignores, python_for, send, signal_name

pytestmark = pytest.mark.usefixtures("mark")


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
    yield process
    process.kill()
    process.wait()


def started(process: subprocess.Popen[bytes]) -> float:
    found = start_time(process.pid)
    assert found is not None
    return found


def test_a_signal_reaches_its_process(sleeper: subprocess.Popen[bytes]) -> None:
    assert send(sleeper.pid, started(sleeper), signal.SIGTERM) == ""
    assert sleeper.wait() == -signal.SIGTERM


def test_an_ignored_signal_is_seen() -> None:
    with subprocess.Popen(
        ["sh", "-c", "trap '' TERM; echo; read line"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as shell:
        assert shell.stdout is not None
        shell.stdout.readline()
        assert ignores(shell.pid, signal.SIGTERM)
        assert not ignores(shell.pid, signal.SIGHUP)
        shell.kill()
    assert not ignores(shell.pid, signal.SIGTERM)


def test_a_process_with_a_reused_pid_is_not_signalled(sleeper: subprocess.Popen[bytes]) -> None:
    assert "another process" in send(sleeper.pid, started(sleeper) - 1, signal.SIGKILL)
    assert send(sleeper.pid, started(sleeper), 0) == "there is no signal 0 here"
    assert send(sleeper.pid, started(sleeper), 999) == "there is no signal 999 here"
    assert sleeper.poll() is None


def test_an_ended_process_is_not_signalled(sleeper: subprocess.Popen[bytes]) -> None:
    identity = sleeper.pid, started(sleeper)
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert "zombie" in send(*identity, signal.SIGTERM)
    sleeper.wait()
    assert send(*identity, signal.SIGTERM) == f"{sleeper.pid} has ended"


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() == 0, reason="root may signal anybody")
def test_a_forbidden_signal_is_reported() -> None:
    assert send(1, start_time(1) or 0.0, signal.SIGCONT) == "1 belongs to another user"


def test_a_process_is_stopped_and_continued(sleeper: subprocess.Popen[bytes]) -> None:
    assert send(sleeper.pid, started(sleeper), signal.SIGSTOP) == ""
    _, status = os.waitpid(sleeper.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    assert send(sleeper.pid, started(sleeper), signal.SIGCONT) == ""
    _, status = os.waitpid(sleeper.pid, os.WCONTINUED)
    assert os.WIFCONTINUED(status)


def test_every_signal_has_a_name_and_a_description_of_one_line() -> None:
    assert {entry.number for entry in SIGNALS} == {int(number) for number in signal.valid_signals()}
    assert len({entry.name for entry in SIGNALS}) == len(SIGNALS)
    assert [entry.name for entry in SIGNALS[:3]] == ["SIGTERM", "SIGKILL", "SIGINT"]
    for entry in SIGNALS:
        assert entry.meaning
        assert "\n" not in entry.meaning
        assert not entry.meaning.startswith("see man"), entry.name
        assert eval(f"int(signal.{entry.name})", {"signal": signal, "int": int}) == entry.number


EACH_EFFECT = ("SIGTERM", "SIGINT", "SIGSTOP", "SIGCONT", "SIGCHLD", "SIGQUIT", "SIGPIPE", "SIGRTMIN")
"""One signal for each effect that a signal can have."""


@pytest.mark.parametrize(
    "description",
    [
        pytest.param(entry, id=entry.name, marks=() if entry.name in EACH_EFFECT else pytest.mark.slow)
        for entry in SIGNALS
        if entry.name != "SIGKILL"
    ],
)
def test_the_description_of_a_signal_matches_its_effect(description: tuple[int, str, str]) -> None:
    number, _, meaning = description
    # A child without an interpreter's start-up: forked, with the handlers that Python begins with.
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)  # in an orphaned process group the terminal's signals to stop are ignored
        for fd in range(3):
            os.close(fd)
        for other in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(other, signal.SIG_DFL)
        for other in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(other, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            os.kill(os.getpid(), number)
            os._exit(0)
        except KeyboardInterrupt:
            os._exit(99)
    _, status = os.waitpid(child, os.WUNTRACED)
    if os.WIFSTOPPED(status):
        assert meaning.startswith("freezes it")
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    elif os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == number
        assert meaning.startswith(("ends it", "asks it to end"))
    elif os.WEXITSTATUS(status) == 99:
        assert meaning.startswith("raises KeyboardInterrupt")
    else:
        assert meaning.startswith(("says that", "continues it", "asks for a status line"))


@pytest.mark.parametrize(
    ("arguments", "python"),
    [
        (("worker-1", 4127, signal.SIGTERM, True), "worker_1.terminate()  # SIGTERM to 4127"),
        (("Process-2:1", 4127, signal.SIGKILL, True), "process_2_1.kill()  # SIGKILL to 4127"),
        (("worker-1", 4127, signal.SIGINT, True), "os.kill(4127, signal.SIGINT)  # worker-1"),
        (("main", 4127, signal.SIGTERM, False), "os.kill(4127, signal.SIGTERM)  # main"),
        (("1st try", 4127, signal.SIGTERM, True), "process_1st_try.terminate()  # SIGTERM to 4127"),
        (("class", 4127, signal.SIGTERM, True), "class_.terminate()  # SIGTERM to 4127"),
        (("ä\nb", 4127, signal.SIGSTOP, False), "os.kill(4127, signal.SIGSTOP)  # ä b"),
        (("()", 4127, signal.SIGKILL, True), "process.kill()  # SIGKILL to 4127"),
    ],
)
def test_a_signal_is_shown_as_the_equivalent_python(arguments: tuple[str, int, int, bool], python: str) -> None:
    assert python_for(*arguments) == python


@pytest.mark.skipif(not hasattr(signal, "SIGRTMIN"), reason="no real-time signals")
def test_real_time_signals_are_named_from_the_first() -> None:
    number = signal.SIGRTMIN + 3
    assert signal_name(number) == "SIGRTMIN+3"
    assert python_for("main", 1, number, False) == "os.kill(1, signal.SIGRTMIN + 3)  # main"
    assert signal_name(999) == "signal 999"
