"""Woven code may be executed from the cache only where no other user can have put it."""

from __future__ import annotations

import marshal
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rockproc.observer.run.code_cache import ENTRIES_KEPT_SECONDS, LAST_CLEANUP, code_cache

from tests.parameters import fast_first
from tests.probe.conftest import CURRENT, PROBE, Driver, Ways

PROGRAM = """
    import multiprocessing as mp

    if __name__ == "__main__":
        queue = mp.Queue()
        queue.put(1)
        print(queue.get())
"""


def entries_of(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name != LAST_CLEANUP]


@pytest.fixture(scope="module")
def filled(driver: Driver, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with the entries of one run."""
    base = tmp_path_factory.mktemp("filled")
    run = Ways(base, base, driver)
    run.environment["XDG_CACHE_HOME"] = str(base / "cache")
    run.observed(CURRENT, str(run.write(PROGRAM)))
    assert list(entries_of(base / "cache/rockproc"))
    return base / "cache/rockproc"


@pytest.fixture
def folder(filled: Path, run: Ways, tmp_path: Path) -> Path:
    """A copy of that cache, which the program of the test uses."""
    run.write(PROGRAM)
    run.environment["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    return Path(shutil.copytree(filled, tmp_path / "cache/rockproc"))


def infect(folder: Path) -> None:
    """Replace the code in every entry by code that prints a message when it is executed."""
    code = compile("print('infected')", "x", "exec")
    for path in entries_of(folder):
        stamp, code_by_file, failures = marshal.loads(path.read_bytes())
        # That of the probe's own modules has all of them, by their files.
        infected = {**code_by_file, "boot.py": marshal.dumps(code)} if path.suffix == ".probe" else code
        path.write_bytes(marshal.dumps((stamp, infected, failures)))


def observed(run: Ways) -> tuple[str, list[str]]:
    outcome = run.observed(CURRENT, str(run.folder / "program.py"))
    assert outcome.report is not None
    return outcome.stdout, outcome.report["faults"]


@pytest.mark.parametrize("kind", ["woven", "probe"])
def test_cached_code_of_this_user_is_used(kind: str, folder: Path, run: Ways) -> None:
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.suffix for path in entries_of(folder)} == {".woven", ".probe"}
    for path in folder.glob(f"*[!{kind[-1]}]"):
        path.unlink()
    infect(folder)
    assert "infected" in observed(run)[0]


def writable_folder(folder: Path) -> None:
    folder.chmod(0o777)


def folder_of_another(folder: Path) -> None:
    os.chown(folder, 65534, 65534)


def link_to_a_folder(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))
    folder.symlink_to(folder.with_name("elsewhere"))


def writable_entries(folder: Path) -> None:
    for path in entries_of(folder):
        path.chmod(0o666)


def entries_of_another(folder: Path) -> None:
    for path in entries_of(folder):
        os.chown(path, 65534, 65534)


def links(folder: Path) -> None:
    for path in list(entries_of(folder)):
        target = folder.parent / path.name
        path.rename(target)
        path.symlink_to(target)


def pipes(folder: Path) -> None:
    for path in list(entries_of(folder)):
        path.unlink()
        os.mkfifo(path)


@pytest.mark.parametrize("change", [writable_folder, folder_of_another, link_to_a_folder])
def test_a_cache_folder_writable_by_others_is_refused_with_a_message(
    change: Callable[[Path], None], folder: Path, run: Ways
) -> None:
    if change is folder_of_another and os.geteuid():
        pytest.skip("only root can give a folder to another user")
    infect(folder)
    change(folder)
    output, faults = observed(run)
    assert output == "1\n"
    assert [str(folder) in fault for fault in faults] == [True]


@pytest.mark.parametrize("change", [writable_entries, entries_of_another, links, pipes])
def test_cache_entries_writable_by_others_are_not_read(change: Callable[[Path], None], folder: Path, run: Ways) -> None:
    if change is entries_of_another and os.geteuid():
        pytest.skip("only root can give a file to another user")
    infect(folder)
    change(folder)
    assert observed(run) == ("1\n", [])


def test_an_entry_of_another_interpreter_or_source_is_not_read(folder: Path, run: Ways) -> None:
    infect(folder)
    for path in entries_of(folder):
        stamp, code, failures = marshal.loads(path.read_bytes())
        path.write_bytes(marshal.dumps(([*stamp[:3], b"another source", *stamp[4:]], code, failures)))
    assert observed(run) == ("1\n", [])


@pytest.mark.parametrize("content", fast_first([b"", marshal.dumps((1, 2, 3)), b"\xff" * 100, marshal.dumps(1)], 2))
def test_a_damaged_entry_is_replaced(content: bytes, folder: Path, run: Ways) -> None:
    for path in entries_of(folder):
        path.write_bytes(content)
    assert observed(run) == ("1\n", [])
    assert all(path.read_bytes() != content for path in entries_of(folder))


def test_two_installations_do_not_replace_the_entries_of_each_other(folder: Path, run: Ways, tmp_path: Path) -> None:
    first = {path.name: path.stat().st_ino for path in entries_of(folder)}
    other = tmp_path / "other" / "probe"
    shutil.copytree(PROBE, other)
    with (other / "taps" / "queues.py").open("a") as tap:
        tap.write("CHANGED = True\n")
    run.observed(CURRENT, str(run.folder / "program.py"), probe=other)
    both = {path.name: path.stat().st_ino for path in entries_of(folder)}
    assert len(both) == 2 * len(first)
    assert first.items() <= both.items()
    assert observed(run) == ("1\n", [])
    assert {path.name: path.stat().st_ino for path in entries_of(folder)} == both


def test_old_entries_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder, _ = code_cache()
    assert folder is not None
    (folder / "folder").mkdir()
    for name, age in (("old", 60), ("new", -60), ("folder/old", 60)):
        (folder / name).touch()
        moment = time.time() - ENTRIES_KEPT_SECONDS - age
        os.utime(folder / name, (moment, moment))
    assert code_cache() == (folder, "")
    assert (folder / "old").exists(), "the last cleanup was just now"
    os.utime(folder / LAST_CLEANUP, (0, 0))
    assert code_cache() == (folder, "")
    assert {path.name for path in entries_of(folder)} == {"folder", "new"}
    assert (folder / "folder" / "old").exists()
