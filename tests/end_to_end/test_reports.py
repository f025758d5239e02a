"""The report of each bundled scenario says what the scenario does, by every start method, on every Python."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.terminal import COMMAND
from tests.observer.conftest import MARK, marked_with
from tests.scenarios.alone import ARGS, METHODS, PACE, SCENARIOS, interpreters
from tests.scenarios.expected import EXPECTED, HANGING

PYTHONS = interpreters()
CURRENT = f"3.{sys.version_info.minor}"
DEADLINE = 50
LONGEST = 1000
"""The number of items of an array that a report gives."""
HANGS = 4
"""Seconds after which scenarios that never end are ended."""
QUICK = {
    "fork": ("value_array.py", "two_locks.py"),
    "spawn": ("pool_map.py",),
    "forkserver": ("manager.py",),
}
"""The parameters of the default run: each start method, and as many kinds of objects as possible."""
ERRORS = {
    "join_before_get.py": {"join-before-get"},
    "two_locks.py": {"deadlock"},
}


def ways() -> list[Any]:
    """Return parameters `name, method, version`. The default run has those of `QUICK`."""
    quick = {(name, method) for method, names in QUICK.items() for name in names}
    return [
        pytest.param(
            name,
            method,
            version,
            id=f"{name}-{method}-{version}",
            marks=() if version == CURRENT and (name, method) in quick else pytest.mark.slow,
        )
        for version in PYTHONS
        for name in sorted(EXPECTED)
        for method in METHODS
    ]


def reported(name: str, method: str, version: str, environment: dict[str, str], folder: Path) -> dict[str, Any]:
    """Return the report of a scenario after a run at twenty times its pace."""
    ended = ("--timeout", str(HANGS)) if name in HANGING else ()
    own = ["--json", "--python", str(PYTHONS[version]), "--start-method", method, *ended]
    words = [*COMMAND, "run", *own, str(SCENARIOS / name), *ARGS.get(name, ())]
    process = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**environment, "PYTHONPATH": str(PACE), "ROCKPROC_PACE": "0.05"},
        cwd=folder,
    )
    try:
        out, err = process.communicate(timeout=DEADLINE)
    except subprocess.TimeoutExpired:
        for pid in marked_with(environment[MARK]):  # the program writes its stacks to stderr, like its output
            os.kill(pid, signal.SIGUSR1)
        process.terminate()
        out, err = process.communicate(timeout=10)
        pytest.fail(f"{name} still ran after {DEADLINE} s\n{err.decode(errors='replace')}", pytrace=False)
    assert process.returncode == (124 if name in HANGING else 0), err.decode(errors="replace")
    assert b"Traceback" not in err
    return json.loads(out)


@pytest.mark.early
@pytest.mark.parametrize(("name", "method", "version"), ways())
@pytest.mark.usefixtures("leftovers")
def test_the_report_of_a_scenario(
    name: str, method: str, version: str, environment: dict[str, str], tmp_path: Path
) -> None:
    if PYTHONS[version] is None:
        pytest.skip(f"there is no Python {version}")
    report = reported(name, method, version, environment, tmp_path)
    assert report["scenario"]["start_method"] == method
    assert report["faults"] == []
    assert report["records"]["dropped"] == 0
    check_processes(name, method, report)
    expected = EXPECTED[name]

    channels = {channel["name"]: channel for channel in report["channels"] if not channel["internal"]}
    counts = {name: (channel["kind"], channel["put"], channel["got"]) for name, channel in channels.items()}
    assert counts == expected.get("channels", {})

    segments = {value["name"]: value for value in report["values"] if "segment" in value}
    assert set(segments) == set(expected.get("segments", {}))
    for segment_name, (kind, content) in expected.get("segments", {}).items():
        assert segments[segment_name]["kind"] == kind
        assert content is None or segments[segment_name]["value"] == content, segment_name
        assert (segments[segment_name]["open_by"], segments[segment_name]["unlinked_by"]) == ([], "main")

    values = {value["name"]: value for value in report["values"] if "segment" not in value}
    assert set(values) == set(expected.get("values", {}))
    for value_name, (kind, content) in expected.get("values", {}).items():
        # The report has the name that the program calls: a Value without a lock is a RawValue.
        assert values[value_name]["kind"] == kind.removeprefix("Raw")
        if kind in ("Array", "RawArray") and content is not None and len(content) > LONGEST:
            content = {"first": content[:LONGEST], "length": len(content)}
        assert content is None or values[value_name]["value"] == content, value_name

    managed = {managed["name"]: managed["value"] for manager in report["managers"] for managed in manager["objects"]}
    assert set(managed) == set(expected.get("managed", {}))
    for managed_name, content in expected.get("managed", {}).items():
        assert content in ("", managed[managed_name]), managed_name

    locks = {lock["name"]: lock["kind"] for lock in report["locks"] if not lock["name"].endswith(".get_lock()")}
    assert locks == expected.get("locks", {})

    pools = {pool["name"]: (pool["kind"], pool["submitted"], pool["done"], pool["failed"]) for pool in report["pools"]}
    assert pools == expected.get("pools", {})
    assert all(pool["lost"] == pool["running"] == pool["waiting"] == 0 for pool in report["pools"])

    made = [*channels.values(), *values.values(), *segments.values(), *report["locks"], *report["pools"]]
    assert all(item["site"].startswith(f"{name}:") for item in made), [item["site"] for item in made]
    assert {finding["rule"] for finding in report["findings"] if finding["severity"] == "error"} == ERRORS.get(
        name, set()
    )


def check_processes(name: str, method: str, report: dict[str, Any]) -> None:
    roles = Counter(process["role"] for process in report["processes"])
    helpers = {"fork": 0, "spawn": 1, "forkserver": 2}[method]  # the resource tracker, the forkserver
    assert roles.pop("main") == 1
    assert set(roles) <= {"process", "resource tracker", "forkserver"}, report["processes"]
    assert roles["resource tracker"] + roles["forkserver"] <= max(helpers, 1), report["processes"]
    (main,) = (process for process in report["processes"] if process["role"] == "main")
    assert report["exit"] == {"code": main["exitcode"], "signal": None}
    assert main["exitcode"] == (None if name in HANGING else 0)

    ends = EXPECTED[name].get("processes", {})
    children = [process for process in report["processes"] if process["role"] == "process"]
    assert len(children) == len(ends) or any(pattern.endswith("*") for pattern in ends)
    for child in children:
        (end,) = (end for pattern, end in ends.items() if fnmatchcase(child["name"], pattern))
        exit_reason = child["signal"] or child["exitcode"]
        assert exit_reason == end, child["name"]
        if child["pid"] is None:
            assert (child["state"], child["started_s"], child["start_method"]) == ("created", None, None)
            continue
        assert child["state"] == ("waiting" if name in HANGING else "joined")
        assert child["start_method"] == method
        moments = [child[key] for key in ("created_s", "started_s", "ended_s", "joined_s") if child[key] is not None]
        assert len(moments) == (2 if name in HANGING else 4)
        assert moments == sorted(moments), child
