"""Isolates every test from the user's settings and from the machine's temporary folder."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import platformdirs
import pytest
from rockproc.observer.keeper import (
    keeper as keeper,  # it remembers the signals as they are before a test changes them
)
from rockproc.tui.runtime import garbage_collection

from tests.order import begin_with
from tests.stacks import descendants_stacks

HANGING_SECONDS = 30.0
"""A test that fails after this time is assumed to have hung: its report shows the stack of every process."""


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> Generator[None, Any]:
    """Add the stacks of a hanging test's processes to its report, before its fixtures end them."""
    outcome = yield
    if call.when == "call" and call.excinfo is not None and call.duration > HANGING_SECONDS:
        report: pytest.TestReport = outcome.get_result()
        report.sections.append(("processes", descendants_stacks()))


def pytest_configure(config: pytest.Config) -> None:
    garbage_collection.disable_during_imports()  # a third of the time in which each worker collects the tests
    cache: pytest.Cache | None = getattr(config, "cache", None)  # not with -p no:cacheprovider
    if cache is not None:
        _keep_compiled_code(cache, config.rootpath)
    _restore_signals()


@pytest.hookimpl(wrapper=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> Generator[None]:
    """Make no tests of slow parameters when the fast suite is collected: they are three of four, for each worker.

    One is left where all are slow, so that pytest finds the function and deselects it.
    """
    yield
    if metafunc.config.option.markexpr == "not slow":
        calls = metafunc._calls
        slow = metafunc.definition.get_closest_marker("slow") is not None
        fast = [] if slow else [call for call in calls if all(mark.name != "slow" for mark in call.marks)]
        calls[:] = fast or calls[:1]


@pytest.hookimpl(trylast=True)  # once slow tests are deselected
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that mostly wait, where several workers run the tests."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if workers > 1:
        early = [item for item in items if item.get_closest_marker("early")]
        others = [item for item in items if not item.get_closest_marker("early")]
        items[:] = begin_with(early, others, workers)


def pytest_collection_finish() -> None:
    """Collect garbage as the app does: a full collection among the objects of all tests takes half a second."""
    garbage_collection.collect_rarely()


def _keep_compiled_code(cache: pytest.Cache, checkout: Path) -> None:
    """Keep bytecode and woven code in pytest's cache folder, also of the programs which the tests start.

    Thousands of processes import the probe or the app, and compiling either takes longer than many of the tests. In the
    user's own cache, two checkouts that are tested at once would replace each other's woven code again and again.
    """
    bytecode = cache.mkdir("bytecode")
    if "PYTEST_XDIST_WORKER" not in os.environ:
        _remove_bytecode_of_temporary_folders(bytecode, checkout)
    sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(bytecode)
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.setdefault("PIP_CACHE_DIR", str(platformdirs.user_cache_path("pip")))
    os.environ["XDG_CACHE_HOME"] = str(cache.mkdir("user"))


def _remove_bytecode_of_temporary_folders(bytecode: Path, checkout: Path) -> None:
    """Remove compiled code of the programs of earlier tests, but not that of a checkout in the temporary folder."""
    temporary = Path(tempfile.gettempdir())
    for folder in bytecode.joinpath(*temporary.parts[1:]).glob("*"):
        if not checkout.is_relative_to(temporary / folder.name):
            shutil.rmtree(folder, ignore_errors=True)


def _restore_signals() -> None:
    """Give SIGINT, SIGQUIT and SIGHUP their usual effect.

    A shell starts commands in the background, or with nohup, so that they ignore these signals, and every program of a
    test would inherit this.
    """
    by_default = (signal.SIGQUIT, signal.SIG_DFL), (signal.SIGHUP, signal.SIG_DFL)
    for number, usual in ((signal.SIGINT, signal.default_int_handler), *by_default):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The parent folder of the settings and state of each test."""
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, homes: Path) -> None:
    """Set separate folders for settings and state, and only our own virtual environment."""
    folder = Path(tempfile.mkdtemp(dir=homes))  # `mktemp` of pytest would search all earlier folders for a number
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)


@pytest.fixture
def temporary() -> Iterator[Path]:
    """The programs' temporary folder. Its name is short: the paths of sockets in it may have 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="rockproc-test-"))
    yield folder
    shutil.rmtree(folder)
