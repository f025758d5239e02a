from __future__ import annotations

from pathlib import Path

import pytest
from rockproc.observer.scenarios.catalog import MAX_FOUND, bundled, find, found_in, load, metadata

WHOLE = '''\
# /// script
# requires-python = ">=3.8"
# [tool.rockproc]
# title = "Two locks"
# group = "break"
# order = 60
# [[tool.rockproc.try]]
# do = "Wait."
# see = {finding = "deadlock"}
# [[tool.rockproc.try]]
# do = "Terminate w-1."
# see = {process = "w-1", signal = "SIGTERM"}
# ///
"""Two workers, *two locks*."""
import multiprocessing
'''


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_all_metadata_of_a_scenario_is_read(tmp_path: Path) -> None:
    scenario = load(write(tmp_path, "two_locks.py", WHOLE))
    assert (scenario.title, scenario.group, scenario.order) == ("Two locks", "break", 60)
    assert scenario.text == "Two workers, *two locks*."
    assert scenario.requires == ">=3.8"
    assert [step.do for step in scenario.steps] == ["Wait.", "Terminate w-1."]
    assert scenario.steps[1].see == {"process": "w-1", "signal": "SIGTERM"}
    assert scenario.error is None
    assert scenario.source == WHOLE


def test_a_file_without_metadata_is_named_after_itself(tmp_path: Path) -> None:
    scenario = load(write(tmp_path, "mine.py", "print(1)\n"))
    assert (scenario.title, scenario.group, scenario.error, scenario.runnable) == ("mine.py", "other", None, True)


@pytest.mark.parametrize(
    ("content", "word", "runnable"),
    [
        (b"def (:\n", "line 1", False),
        (b"x = '\x00'\n", "null", False),
        (b"\xff\xfe\x00\x01", "text", False),
        (b"# coding: no-such\n", "no-such", False),
        (b"# /// script\n# [tool\n# ///\nimport multiprocessing\n", "metadata", True),
        (b"# /// script\n# a = 1\n# ///\n\n# /// script\n# a = 1\n# ///\n", "more than one", True),
        (
            WHOLE.replace("signal =", "sginal =").encode(),
            "step 2 is never ticked off: see has no word sginal there",
            True,
        ),
    ],
)
def test_the_problem_of_a_broken_file_is_reported(tmp_path: Path, content: bytes, word: str, runnable: bool) -> None:
    scenario = load(write(tmp_path, "bad.py", content))
    assert scenario.error is not None
    assert word in scenario.error
    assert scenario.runnable is runnable


def test_missing_files_and_folders_are_reported(tmp_path: Path) -> None:
    assert "No such file" in str(load(tmp_path / "none.py").error)
    assert "folder" in str(load(tmp_path).error)


def test_deeply_nested_source_raises_nothing(tmp_path: Path) -> None:
    assert load(write(tmp_path, "deep.py", "(" * 5000 + ")" * 5000)).runnable is False


def test_metadata_of_wrong_types_is_reported(tmp_path: Path) -> None:
    table = '# title = 3\n# order = "x"\n# group = "nowhere"\n# try = [1, {do = ""}]\n'
    text = f"# /// script\n# [tool.rockproc]\n{table}# ///\n"
    scenario = load(write(tmp_path, "odd.py", text))
    assert (scenario.title, scenario.order, scenario.group, scenario.steps) == ("3", 1000, "other", ())


def test_only_files_that_use_multiprocessing_are_listed(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "import multiprocessing\n")
    write(tmp_path, "b.py", "from concurrent.futures import ProcessPoolExecutor\n")
    write(tmp_path, "broken.py", "import multiprocessing\ndef (:\n")
    write(tmp_path, "plain.py", "print(1)\n")
    write(tmp_path, ".hidden.py", "import multiprocessing\n")
    write(tmp_path, "huge.py", "import multiprocessing\n" + "#" * 1_000_001)
    (tmp_path / "folder.py").mkdir()
    found = found_in(tmp_path)
    assert [item.path.name for item in found] == ["a.py", "b.py", "broken.py"]
    assert {item.group for item in found} == {"yours"}
    assert found[2].error


def test_the_number_of_listed_files_is_bounded(tmp_path: Path) -> None:
    for number in range(MAX_FOUND + 5):
        write(tmp_path, f"s{number}.py", "import multiprocessing\n")
    assert len(found_in(tmp_path)) == MAX_FOUND


def test_a_missing_folder_lists_nothing(tmp_path: Path) -> None:
    assert found_in(tmp_path / "none") == []


def test_listing_runs_nothing(tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    write(tmp_path, "evil.py", f"import multiprocessing\nopen({str(trace)!r}, 'w')\n")
    assert len(found_in(tmp_path)) == 1
    assert not trace.exists()


def test_a_file_without_a_metadata_block_gives_an_empty_table() -> None:
    assert metadata("# /// other\n# a = 1\n# ///\n") == {}


def test_bundled_scenarios_are_complete() -> None:
    for scenario in bundled():
        assert scenario.error is None, scenario.path
        assert scenario.group not in ("other", "yours"), scenario.path


def test_find_accepts_no_path() -> None:
    assert find("../observer/catalog") is None
    assert find("no_such_scenario") is None
    for scenario in bundled()[:1]:
        found = find(scenario.path.stem.replace("_", "-"))
        assert found is not None
        assert found.path == scenario.path
