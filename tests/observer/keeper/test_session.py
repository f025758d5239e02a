from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rockproc.observer.keeper import session
from rockproc.observer.keeper.session import SCRIPT_SUFFIX, Session, self_removing_script, sweep

LEAVE = """
import os, sys
from pathlib import Path
from rockproc.observer.keeper import session
session.MEMORY = Path("/nowhere")
os.environ["TMPDIR"] = sys.argv[1]
made = session.Session()
made.make()
print(made.path)
"""


def left_behind(base: Path) -> Path:
    """Return the folder of a run whose app has ended without removing it."""
    run = subprocess.run([sys.executable, "-c", LEAVE, str(base)], stdout=subprocess.PIPE, text=True, check=True)
    return Path(run.stdout.strip())


def test_the_session_folder_is_private_and_removed_with_its_content(base: Path) -> None:
    made = Session()
    assert made.path.parent == base
    assert not made.path.exists()
    made.make()
    assert re.fullmatch("rockproc-[0-9a-f]{16}", made.path.name)
    assert made.path.stat().st_mode & 0o777 == 0o700
    (made.path / "sub").mkdir()
    (made.path / "sub" / "journal").write_text("x")
    made.remove()
    assert not made.path.exists()
    made.remove()


@pytest.mark.skipif(sys.platform != "linux", reason="a tmpfs")
def test_the_session_folder_is_in_memory_if_there_is_room(monkeypatch: pytest.MonkeyPatch, base: Path) -> None:
    if "/dev/shm tmpfs" not in Path("/proc/self/mounts").read_text():
        pytest.skip("no /dev/shm here")
    monkeypatch.setattr(session, "MEMORY", Path("/dev/shm"))
    free = os.statvfs("/dev/shm")
    for needed, place in ((0, Path("/dev/shm")), (free.f_bavail * free.f_frsize * 2, base)):
        monkeypatch.setattr(session, "NEEDED_BYTES", needed)
        assert Session().path.parent == place


def test_sweeping_removes_only_folders_of_ended_runs(base: Path, tmp_path: Path) -> None:
    dead, living = left_behind(base), Session()
    living.make()
    others = base / "rockproc-1234567812345678"
    others.mkdir()
    (others / "owner").write_text("not of ours")
    made_now = base / "rockproc-abcdefabcdefabcd"
    made_now.mkdir()
    elsewhere = left_behind(base)
    (elsewhere / "owner").write_text((elsewhere / "owner").read_text().replace("pid:[", "pid:[9"))
    link = base / "rockproc-1111111122222222"
    link.symlink_to(tmp_path / "target")
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "owner").write_text((dead / "owner").read_text())
    sweep()
    assert not dead.exists()
    assert living.path.exists()
    assert others.exists()
    assert made_now.exists()
    assert elsewhere.exists() or sys.platform != "linux", "a container's pids are not ours"
    assert (tmp_path / "target" / "owner").exists()
    living.remove()
    link.unlink()
    for path in (others, made_now, elsewhere):
        (path / "owner").unlink(missing_ok=True)
        path.rmdir()


def test_a_script_is_removed_when_no_process_is_left_to_execute_it(base: Path) -> None:
    process = subprocess.Popen(["sleep", "1000"])
    script = Session().path.with_suffix(SCRIPT_SUFFIX)
    script.write_text(self_removing_script(script, [process.pid]))
    other = base / "rockproc-mine.py"
    other.write_text(script.read_text())
    sweep()
    assert script.exists()
    process.kill()
    process.wait()
    sweep()
    assert not script.exists()
    assert other.exists(), "it is none of ours"
    other.unlink()


def test_a_script_removes_itself(base: Path) -> None:
    script = base / Session().path.with_suffix(SCRIPT_SUFFIX).name
    script.write_text(self_removing_script(script, [os.getpid()]))
    subprocess.run([sys.executable, str(script)], check=True)
    assert not script.exists()


def test_a_reused_pid_does_not_own_a_session_folder(base: Path) -> None:
    folder = left_behind(base)
    _, *rest = (folder / "owner").read_text().split(" ")
    (folder / "owner").write_text(" ".join([str(os.getpid()), *rest]))
    sweep()
    assert not folder.exists()


def test_a_folder_without_an_owner_is_removed_when_nobody_can_be_making_it(base: Path) -> None:
    """rockproc-tui and the keeper of these folders were killed before the folders had an owner."""
    names = ["rockproc-" + digit * 16 for digit in "0123"]
    new, old, half, full = (base / name for name in names)
    for folder in (new, old, half, full):
        folder.mkdir()
    (half / "owner").touch()
    (full / "something").touch()
    for folder in (old, half, full):
        os.utime(folder, (0, 0))
    sweep()
    assert new.exists()
    assert not old.exists()
    assert not half.exists()
    assert full.exists(), "it is none of ours"
    (full / "something").unlink()
    new.rmdir()
    full.rmdir()
