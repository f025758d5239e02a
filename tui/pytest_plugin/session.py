"""Observes a pytest session: starts it, watches for tests that hang, and answers the reports of their boundaries."""

from __future__ import annotations

import os
import secrets
import select
import signal
import socket
import threading
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager

from rockproc.observer.model import Finding, Severity, Verdict
from rockproc.observer.model.keys import ProcessKey
from rockproc.observer.report.judgement import ABOUT_OURSELVES, Answer, judge
from rockproc.observer.report.text import printable
from rockproc.observer.run.run import Run
from rockproc.observer.scenarios.launch import Launch

from ..cli.errors import UsageError
from ..cli.headless import Limits, print_killed, watch
from ..cli.standard_error import print_error
from .address import ADDRESS_VARIABLE
from .leftovers import Baseline, baseline, leftovers, processes_left
from .protocol import Report, answer, listen, read

POLL_INTERVAL_SECONDS = 0.2
CONFIRM_SECONDS = 2.0
"""Seconds for which a proof that the main process can never go on must hold."""
RETRY_SECONDS = 4.0
"""Seconds in which the test has to end after each of these: an interrupt, the end of its processes, a second interrupt.
After that, the session is killed."""
END_SECONDS = 2.0
"""Seconds that processes have to end by themselves after the test."""
TESTS_FAILED = 1
"""The exit status of pytest when tests have failed."""
WRONG_USAGE = 4
"""The exit status of pytest when it was called incorrectly."""


def run_session(launch: Launch, timeout_seconds: float) -> int:
    """Run a pytest session under observation and return its exit status.

    Args:
        launch: the command of the session.
        timeout_seconds: after so long in one test, a suspected finding that holds is believed.
    """
    address = f"rockproc-pytest-{os.getpid()}-{secrets.token_hex(8)}"
    with listen(address) as listener:
        observer = _SessionObserver(listener, timeout_seconds)
        os.environ[ADDRESS_VARIABLE] = address
        try:
            outcome = watch(launch, Limits(), beside=observer.observing)
        except UsageError as error:
            print_error(f"rockproc-tui: {error}")
            return WRONG_USAGE
        finally:
            del os.environ[ADDRESS_VARIABLE]
    for line in observer.messages:
        print_error(f"rockproc-tui: {line}")
    judgement = judge(outcome.report, outcome.ending)
    if judgement.answer is Answer.CANNOT_TELL:
        print_error(f"rockproc-tui: {judgement.summary}")
    print_killed(outcome)
    return TESTS_FAILED if observer.killed_session else outcome.status


class _SessionObserver:
    """A thread that answers reports and interrupts tests that hang."""

    _run: Run

    def __init__(self, listener: socket.socket, timeout_seconds: float) -> None:
        self.messages: list[str] = []
        """Lines to print after the session: warnings, and errors that no test could report."""
        self.killed_session = False
        self._listener = listener
        self._timeout_seconds = timeout_seconds
        self._test = ""
        """The node id of the test that runs now; empty between two tests."""
        self._test_began = time.monotonic()
        self._before: Baseline | None = None
        self._stuck_since: float | None = None
        self._failure = ""
        """The reason why the test that runs now was interrupted; empty if it was not."""
        self._interrupts = 0
        self._interrupted_at = 0.0
        self._left: set[ProcessKey] = set()
        """Keys of the processes that tests have left behind."""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._observe, name="tests", daemon=True)

    @contextmanager
    def observing(self, run: Run) -> Generator[None]:
        """Observe the tests of a run that has started, from `with` to its end."""
        self._run = run
        # The signals that `watch` passes on must not come to this thread.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        self._thread.start()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        try:
            yield
        finally:
            self._over.set()
            self._thread.join()

    def _observe(self) -> None:
        while not self._over.is_set():
            if select.select([self._listener], [], [], POLL_INTERVAL_SECONDS)[0]:
                connection, _ = self._listener.accept()
                with connection:
                    try:
                        report = read(connection)
                        if report is not None:
                            answer(connection, self._answer(report))
                    except OSError:
                        pass  # that session was killed meanwhile
            else:
                self._look_for_hang()

    def _answer(self, report: Report) -> str:
        if report.phase == "interrupted":
            return self._failure
        if report.phase == "end":
            return self._end()
        if report.phase == "finish":
            # Each was reported by its test. Without this, the session would wait for them at its exit.
            self._kill(self._left)
            return ""
        if report.phase == "setup":
            self._test, self._test_began = report.test, time.monotonic()
            self._stuck_since, self._failure, self._interrupts = None, "", 0
        self._before = baseline(self._run.refresh())
        return ""

    def _end(self) -> str:
        """Process the end of a test. Return the findings that fail it and were not reported yet."""
        before, test, interrupted = self._before, self._test, bool(self._failure)
        self._before, self._test, self._failure, self._interrupts = None, "", "", 0
        self._stuck_since = None
        if before is None:
            return ""
        deadline = time.monotonic() + END_SECONDS
        snapshot = self._run.refresh()
        while processes_left(before, snapshot) and time.monotonic() < deadline:
            time.sleep(POLL_INTERVAL_SECONDS / 4)
            snapshot = self._run.refresh()
        left = processes_left(before, snapshot)
        self._left.update(process.key for process in left)
        if interrupted:
            self._kill(process.key for process in left)
            return ""
        new = [finding for finding in snapshot.findings if finding.active and finding.key not in before.findings]
        new = [finding for finding in new if finding.rule not in ABOUT_OURSELVES]
        errors = [finding for finding in new if finding.severity is Severity.ERROR and _is_proved(finding)]
        sentences = list(leftovers(before, snapshot))
        if sentences:
            errors = [finding for finding in new if finding.severity is Severity.ERROR]
        self.messages += [f"{test}: {_described(finding)}" for finding in new if finding.severity is Severity.WARNING]
        parts = ["The test left something behind: " + "; ".join(sentences) + "."] if sentences else []
        return "\n\n".join([*parts, *map(_described, errors)])

    def _look_for_hang(self) -> None:
        snapshot, now = self._run.snapshot(), time.monotonic()
        main = snapshot.main
        if main is None:
            return
        findings = [finding for finding in snapshot.findings if finding.active and finding.severity is Severity.ERROR]
        findings = [finding for finding in findings if finding.rule not in ABOUT_OURSELVES]
        proved = snapshot.main_cannot_finish is not None
        suspected = bool(self._test and findings) and now - self._test_began >= self._timeout_seconds
        if not proved and not suspected:
            self._stuck_since = None
            return
        self._stuck_since = self._stuck_since or now
        if now - self._stuck_since < CONFIRM_SECONDS or now - self._interrupted_at < RETRY_SECONDS:
            return
        if not self._failure:
            after = f"{now - self._test_began:.1f} s"
            how = "can never end" if proved else "seems to hang"
            what = f"The test {how}; rockproc interrupted it after {after}." if self._test else f"It {how}."
            self._failure = "\n\n".join([what, *map(_described, findings)])
        self._interrupted_at = now
        self._interrupts += 1
        if self._interrupts in (1, 3) and self._test:
            self._run.signal(main.key, signal.SIGINT)
        elif self._interrupts == 2 and self._before is not None:
            # The interrupted code waits for its processes, as the end of a `with` block does. It goes on when they have
            # ended: another signal right now would come after the test, and end the session.
            self._kill(process.key for process in processes_left(self._before, snapshot))
        else:
            self._kill_session(main.key)

    def _kill_session(self, main: ProcessKey) -> None:
        what = (
            f"{self._test} hangs and could not be interrupted"
            if self._test
            else "the session hangs outside of any test"
        )
        self.messages.append(f"{what}, so that the session was killed. {self._failure}")
        self.killed_session = True
        self._run.signal(main, signal.SIGKILL)

    def _kill(self, processes: Iterable[ProcessKey]) -> None:
        for key in processes:
            self._run.signal(key, signal.SIGKILL)


def _is_proved(finding: Finding) -> bool:
    return finding.verdict is not Verdict.SUSPECTED


def _described(finding: Finding) -> str:
    """Return a finding with its line and its advice."""
    suspected = ", suspected" if not _is_proved(finding) else ""
    site = f" ({finding.site})" if finding.site is not None and f"{finding.site})" not in finding.message else ""
    advice = f"\n  {finding.advice}." if finding.advice else ""
    return printable(f"{finding.severity}: {finding.rule}{suspected}: {finding.message}{site}") + advice
