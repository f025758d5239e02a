"""Rules of other packages, which are installed beside ours and named by the entry point group `rockproc.findings`."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

RULE = """
from rockproc.observer.findings import Rule
from rockproc.observer.model import Severity, Verdict

def find(facts):
    for process in facts.world.processes.values():
        if process.name == "unwanted":
            yield RULE.finding(
                facts.world, Severity.ERROR, Verdict.CERTAIN, {"process": process.name}, processes=[process.key]
            )

RULE = Rule("bad-name", "A process has a bad name.", "{process} is a bad name", "Rename {process}", find)
"""
PROGRAM = """
from multiprocessing import Process

if __name__ == "__main__":
    process = Process(target=print, name="unwanted")
    process.start()
    process.join()
"""
Call = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def installed(tmp_path: Path) -> Callable[[str, str], Call]:
    """Return a function that installs a distribution in an environment and returns a caller of rockproc-tui there."""

    def install(module: str, entry: str) -> Call:
        folder = tmp_path / "environment"
        venv.create(folder, symlinks=True)
        site = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))
        ours = sysconfig.get_path("purelib")
        (site / "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
        (site / "extra_rules.py").write_text(module)
        metadata = site / "extra_rules-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: extra-rules\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[rockproc.findings]\n{entry}\n")
        program = tmp_path / "program.py"
        program.write_text(PROGRAM)

        def call(*words: str | Path) -> subprocess.CompletedProcess[str]:
            command = [str(folder / "bin" / "python"), "-m", "rockproc.tui", *map(str, words)]
            environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
            return subprocess.run(
                command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=100, check=False
            )

        return call

    return install


def test_a_rule_of_an_installed_package_is_listed_explained_and_run(
    installed: Callable[[str, str], Call], tmp_path: Path
) -> None:
    call = installed(RULE, "bad-name = extra_rules:RULE")
    assert "bad-name              A process has a bad name." in call("rules").stdout
    assert call("explain", "bad-name").stdout.startswith("bad-name\n\nA process has a bad name.\n")
    done = call("check", "--python", sys.executable, tmp_path / "program.py")
    assert done.returncode == 1, done.stderr
    assert "error: bad-name: unwanted is a bad name" in done.stderr
    assert "Rename unwanted." in done.stderr


@pytest.mark.parametrize(
    ("module", "why"),
    [
        ("raise OSError('not today')", "the rule bad-name of extra-rules cannot be loaded: OSError: not today"),
        ("RULE = 3", "the rule bad-name of extra-rules is no Rule of rockproc.observer.findings"),
    ],
    ids=["raises", "no rule"],
)
def test_a_rule_that_cannot_be_loaded_is_reported_and_the_others_run(
    module: str, why: str, installed: Callable[[str, str], Call], tmp_path: Path
) -> None:
    call = installed(module, "bad-name = extra_rules:RULE")
    listed = call("rules")
    assert (listed.returncode, listed.stderr) == (0, f"rockproc-tui: {why}\n")
    assert "deadlock  " in listed.stdout
    done = call("check", "--python", sys.executable, tmp_path / "program.py")
    assert done.returncode == 4, done.stderr
    assert why in done.stderr
