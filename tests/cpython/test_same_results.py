"""CPython's own multiprocessing tests give the same results under observation as without it, test by test.

Minutes for each start method, so this has a target of its own: `make test-cpython`.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

SUITE = """
import unittest
import test._test_multiprocessing
test._test_multiprocessing.install_tests_in_module_dict(globals(), {method!r})
if __name__ == "__main__":
    unittest.main(verbosity=2)
"""
HOURGLASS = 1200
"""Seconds for one pass through a suite, on a slow machine."""


def results(command: list[str], folder: Path) -> dict[str, str]:
    run = subprocess.run(
        command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=HOURGLASS, check=False
    )
    found: dict[str, str] = {}
    for block in re.split(r"^(?=test\w+ \()", run.stdout, flags=re.M):
        name = re.match(r"(test\w+) \((?:__main__\.)?(\w+)", block)
        outcome = re.search(r"\b(ok|FAIL|ERROR|skipped|expected failure)\b(?: '.*')?$", block, flags=re.M)
        if name and outcome:
            found[f"{name[2]}.{name[1]}"] = outcome[1]
    assert len(found) > 300, run.stdout[-3000:]
    return found


@pytest.mark.slow
@pytest.mark.timeout(2 * HOURGLASS + 60)
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_same_results(method: str, tmp_path: Path) -> None:
    pytest.importorskip("test._test_multiprocessing", reason="this Python comes without CPython's tests")
    suite = tmp_path / "suite.py"
    suite.write_text(SUITE.format(method=method))
    bare = results([sys.executable, str(suite)], tmp_path)
    observed = results([sys.executable, "-m", "rockproc.tui", "run", str(suite)], tmp_path)
    assert {
        name: (bare.get(name), observed.get(name)) for name in bare | observed if bare.get(name) != observed.get(name)
    } == {}
