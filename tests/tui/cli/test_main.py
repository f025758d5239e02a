from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from rockproc.tui.cli.errors import UsageError
from rockproc.tui.cli.launching import launch_of
from rockproc.tui.cli.main import main, parse

GOOD = """\
import sys
import textwrap
from multiprocessing import Process, Queue

def work(queue):
    queue.put({"n": 1})

if __name__ == "__main__":
    queue = Queue()
    child = Process(target=work, args=(queue,), name="child")
    child.start()
    print("got", queue.get(), sys.argv[1:], flush=True)
    child.join()
    sys.exit(int(sys.argv[1]) if sys.argv[1:] else 0)
"""
STUCK = """\
from multiprocessing import Lock
lock = Lock()
lock.acquire()
print("first", flush=True)
lock.acquire()
"""


def rockproc(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rockproc.tui", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=50, check=False, **options)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.py"
    path.write_text(GOOD)
    return path


@pytest.fixture
def stuck(tmp_path: Path) -> Path:
    path = tmp_path / "stuck.py"
    path.write_text(STUCK)
    return path


def test_arguments_after_the_file_belong_to_the_program(good: Path) -> None:
    options = parse(["--start-method", "spawn", str(good), "--json", "-m", "--", "x"])
    assert (options.command, options.json, options.module) == ("screen", False, False)
    launch = launch_of(options, options.files[0], options.args)
    assert launch.args == ("--json", "-m", "--", "x")
    assert launch.start_method == "spawn"


def test_options_before_the_file_are_parsed() -> None:
    options = parse(["run", "--json", "--timeout", "2.5", "--detail", "full", "-m", "this", "--json"])
    assert (options.command, options.json, options.timeout, options.detail) == ("run", True, 2.5, "full")
    assert (options.module, options.files, options.args) == (True, ["this"], ("--json",))
    assert parse([]).files == []
    assert parse(["--record", "out.cast"]).record == "out.cast"
    assert parse(["check", "a.py", "b.py", "--timeout", "3"]).files == ["a.py", "b.py"]
    given = parse(["check", "a.py", "--timeout", "3", "--", "--fast", "in.csv"])
    assert (given.files, given.args, given.timeout) == (["a.py"], ("--fast", "in.csv"), 3)
    assert parse(["./run"]).files == ["./run"]
    assert parse(["--", "-odd.py"]).files == ["-odd.py"]


@pytest.mark.parametrize(
    "words",
    [
        ["run"],
        ["-m"],
        ["--bogus"],
        ["run", "--timeout", "0", "x.py"],
        ["run", "--timeout", "nan", "x.py"],
        ["run", "--start-method", "thread", "x.py"],
        ["list", "x.py"],
        ["check"],
        ["--record"],
    ],
)
def test_wrong_usage_gives_one_line_and_status_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError):
        parse(words)
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("rockproc-tui: ")


def test_an_argument_of_the_program_before_the_dashes_is_explained() -> None:
    with pytest.raises(UsageError, match=r"-j is no option of check.* check flake8 -- -j"):
        parse(["check", "flake8", "-j", "2"])


def test_a_file_that_cannot_run_gives_one_line_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("def (:\n")
    noise = tmp_path / "noise.bin"
    noise.write_bytes(b"\xff\x00\xfe")
    for words, part in (
        (["run", str(tmp_path / "none.py")], "no such file"),
        (["run", str(tmp_path)], "folder"),
        (["run", str(broken)], "line 1"),
        (["run", str(noise)], "text"),
        (["run", "--python", "no-such-python", __file__], "no such program"),
        (["run", "--python", "~nobody/python", __file__], "no such program"),
        (["run", "--report", str(tmp_path / "no" / "r.json"), __file__], "--report"),
        ([str(tmp_path / "none.py")], "no such file"),
        ([], "needs a terminal"),
    ):
        assert main(words) == 2, words
        err = capsys.readouterr().err
        assert part in err
        assert err.count("\n") == 1


def test_a_bundled_scenario_by_its_name() -> None:
    assert launch_of(parse(["run", "two_locks"]), "two_locks").script.endswith("two_locks.py")


def test_run_keeps_stdout_and_status(good: Path) -> None:
    done = rockproc("run", str(good), "7", "--json")
    assert done.returncode == 7
    assert done.stdout == "got {'n': 1} ['7', '--json']\n"
    assert "child" in done.stderr
    assert "queue" in done.stderr


def test_run_json_prints_only_json_on_stdout(good: Path, tmp_path: Path) -> None:
    done = rockproc("run", "--start-method", "spawn", "--report", str(tmp_path / "r.json"), "--json", str(good))
    report = json.loads(done.stdout)
    assert report["schema"] == 1
    assert report["scenario"]["start_method"] == "spawn"
    assert report["exit"] == {"code": 0, "signal": None}
    assert {process["name"] for process in report["processes"]} >= {"main", "child"}
    assert done.stderr == "got {'n': 1} []\n"
    assert json.loads((tmp_path / "r.json").read_text()) == report


def test_run_returns_128_plus_the_signal(tmp_path: Path) -> None:
    path = tmp_path / "dies.py"
    path.write_text("import os\nos.kill(os.getpid(), 9)\n")
    assert rockproc("run", str(path)).returncode == 137


@pytest.mark.slow
def test_run_timeout_returns_124_and_reports_all_waits(stuck: Path) -> None:
    done = rockproc("run", "--timeout", "6", "--json", str(stuck))
    assert done.returncode == 124
    report = json.loads(done.stdout)
    assert report["processes"][0]["state"] == "waiting"


@pytest.mark.slow
def test_run_accepts_a_module(good: Path) -> None:
    done = rockproc("run", "-m", "good", "3", cwd=good.parent)
    assert (done.returncode, done.stdout) == (3, "got {'n': 1} ['3']\n")


def test_run_passes_stdin_on(tmp_path: Path) -> None:
    path = tmp_path / "reads.py"
    path.write_text("import sys\nprint(sys.stdin.read().upper(), end='')\n")
    assert rockproc("run", str(path), input="hello\n").stdout == "HELLO\n"


def test_sigterm_to_run_ends_the_program(stuck: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "rockproc.tui", "run", str(stuck)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"first\n"
    process.terminate()
    assert process.wait(40) == 128 + signal.SIGTERM
    assert process.stdout.read() == b""  # nobody has the pipe open any more
    process.stdout.close()


@pytest.mark.slow
def test_ctrl_c_reaches_the_program_and_run_reports(tmp_path: Path) -> None:
    path = tmp_path / "tidy.py"
    path.write_text(
        "import sys, time\n"
        "try:\n    print('ready', flush=True)\n    while True: time.sleep(.01)\n"
        "except KeyboardInterrupt:\n    print('tidied', flush=True)\n    sys.exit(5)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "rockproc.tui", "run", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert out == b"tidied\n"
    assert process.returncode == 5
    assert b"exit 5" in err
    assert b"Traceback" not in err


def test_the_program_runs_in_the_environment_that_is_active(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def python(folder: str) -> str:
        monkeypatch.setenv("VIRTUAL_ENV", folder)
        return launch_of(parse([str(good)]), str(good)).python

    assert python("") == python(sys.prefix) == python(str(tmp_path)) == sys.executable
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(sys.executable)
    assert python(str(tmp_path)) == str(tmp_path / "bin/python")
    assert launch_of(parse(["--python", sys.executable, str(good)]), str(good)).python == sys.executable


@pytest.mark.slow
def test_under_nohup_a_run_outlives_its_terminal(tmp_path: Path) -> None:
    path = tmp_path / "slow.py"
    path.write_text("print('begun', flush=True)\ninput()\nprint('done', flush=True)\n")
    process = subprocess.Popen(
        ["nohup", sys.executable, "-m", "rockproc.tui", "run", str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    process.send_signal(signal.SIGHUP)
    assert process.communicate("\n", timeout=40)[0] == "done\n"
    assert process.returncode == 0


def test_list_prints_all_scenarios(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("import multiprocessing\ndef (:\n")
    plain = rockproc("list", cwd=tmp_path)
    assert plain.returncode == 0
    assert "two_locks" in plain.stdout
    assert "YOURS" in plain.stdout
    entries = json.loads(rockproc("list", "--json", cwd=tmp_path).stdout)
    own_entry = entries[-1]
    assert (own_entry["name"], own_entry["group"]) == ("mine", "yours")
    assert "line 2" in own_entry["error"]
    assert all(entry["error"] is None for entry in entries[:-1])


def test_list_needs_no_textual() -> None:
    code = "import sys; from rockproc.tui.cli.main import main; main(['list']); sys.exit('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=False).returncode == 0


@pytest.mark.parametrize("buffer", [100, 1 << 20])
def test_a_closed_pipe_is_no_traceback(buffer: int) -> None:
    """The pipe may be closed during the output, or while the output is still in a buffer at the end."""
    theirs, ours = os.pipe()
    os.close(theirs)
    code = (
        f"import sys, rockproc.tui.cli.main as cli; sys.stdout = open(1, 'w', {buffer}); sys.exit(cli.main(['list']))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, stdout=ours, stderr=subprocess.PIPE, text=True, check=False)
    os.close(ours)
    assert (done.returncode, done.stderr) == (141, "")


def test_rules_are_listed_and_explained() -> None:
    names = [line.split()[0] for line in rockproc("rules").stdout.splitlines()]
    assert {"deadlock", "executor-broken", "pool-stuck", "unlinked-in-use"} <= {*names}
    rules = json.loads(rockproc("rules", "--json").stdout)
    assert [rule["name"] for rule in rules] == names
    (lost,) = (rule for rule in rules if rule["name"] == "task-lost")
    endings = ["{who} waits for the result{where} forever"]
    assert [variant.rpartition(": ")[2] for variant in lost["variants"]] == endings
    explained = rockproc("explain", "deadlock")
    assert explained.returncode == 0
    assert explained.stdout.startswith("deadlock\n\n")
    assert "{" not in explained.stdout
    commands = re.findall(
        r"^(?:A program with this problem|The repaired program): (.+)", explained.stdout, re.MULTILINE
    )
    assert len(commands) == 2
    for command in commands:
        assert textwrap.indent(Path(command.split()[-1]).read_text(), "    ").strip() in explained.stdout
    assert "{" not in rockproc("explain", "lost-track").stdout
    assert rockproc("explain", "rockproc").stdout.startswith("internal-error\n\n"), "its name in version 0.1"
    wrong = rockproc("explain", "deadlok")
    assert wrong.returncode == 2
    assert "Did you mean deadlock?" in wrong.stderr


def test_check_writes_answers_for_other_tools(stuck: Path, tmp_path: Path) -> None:
    words = ("--github", "--sarif", str(tmp_path / "x.sarif"), "--junit", str(tmp_path / "x.xml"))
    done = rockproc("check", *words, str(stuck), cwd=tmp_path)
    assert done.returncode == 1
    assert "::error file=stuck.py,line=5,title=deadlock::" in done.stdout
    assert json.loads((tmp_path / "x.sarif").read_text())["runs"][0]["results"][0]["ruleId"] == "deadlock"
    assert "<failure " in (tmp_path / "x.xml").read_text()


def test_version_is_printed() -> None:
    assert rockproc("--version").stdout.startswith("rockproc-tui 0.")


@pytest.mark.parametrize(("text", "count"), [("256MB", 256_000_000), ("1.5 gb", 1_500_000_000), ("1000kB", 1_000_000)])
def test_sizes_are_parsed(text: str, count: int) -> None:
    assert parse(["run", "--save", "x.rockproc", "--save-last", text, "x.py"]).save_last == count


@pytest.mark.parametrize("text", ["256", "999kB", "~1MB", "1e3MB", "infMB", "MB"])
def test_an_invalid_size_is_rejected(text: str) -> None:
    with pytest.raises(UsageError, match=r"256MB|1MB"):
        parse(["run", "--save", "x.rockproc", "--save-last", text, "x.py"])


@pytest.mark.slow
def test_save_last_requires_save(good: Path, tmp_path: Path) -> None:
    refused = rockproc("run", "--save-last", "1MB", str(good))
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "--save FILE" in refused.stderr
    refused = rockproc("run", "--save", "/dev/fd/1", "--save-last", "1MB", str(good))
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    path = tmp_path / "x.rockproc"
    done = rockproc("run", "--save", str(path), "--save-last", "1MB", str(good))
    assert done.returncode == 0
    assert path.stat().st_size < 1_000_000
    exported = rockproc("export", str(path), "--to", "json")
    assert "child" in exported.stdout
