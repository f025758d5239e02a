"""/proc must yield the reason why a process does not carry the probe."""

from __future__ import annotations

import os
import subprocess
import sys

from rockproc.observer.kernel.unobserved_reason import has_left_journal


def test_a_process_that_has_ended_has_not_executed_another_program() -> None:
    """A zombie has no mappings any more, and so its journal is not among them."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not has_left_journal(child.pid, "1.journal")
    child.wait()


def test_a_process_without_its_journal_has_executed_another_program() -> None:
    assert has_left_journal(os.getpid(), "never-was.journal")
