"""The hooks that pytest loads in every session. They import nothing else until `--rockproc` is given.

`pytest --rockproc` starts the same command again as an observed program, in which these hooks report the beginning and
the end of every test; see `session`. An environment variable with the address to report to distinguishes the two.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from .address import ADDRESS_VARIABLE

DEFAULT_TIMEOUT_SECONDS = 60.0


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("rockproc", "observation of multiprocessing by rockproc-tui")
    observe = "observe the session; fail tests that hang or leave processes, held locks or shared memory behind"
    group.addoption("--rockproc", action="store_true", help=observe)
    timeout = (
        "seconds after which a test is interrupted if it seems to hang (default: %(default)g); a hang that is proved "
        "is interrupted at once, and a test without a finding never"
    )
    group.addoption("--rockproc-timeout", type=float, metavar="S", default=DEFAULT_TIMEOUT_SECONDS, help=timeout)
    strict = "fail tests in which updates of a Value were provably lost"
    group.addoption("--rockproc-strict", action="store_true", help=strict)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Start the observed session and return its exit status, or let pytest go on in it."""
    if not config.option.rockproc or config.option.help or config.option.version:
        return None
    address = os.environ.pop(ADDRESS_VARIABLE, None)
    if address is not None:
        from .boundaries import Boundaries

        config.pluginmanager.register(Boundaries(address), "rockproc-boundaries")
        return None
    if pytest.version_tuple < (8,):
        raise pytest.UsageError("--rockproc needs pytest 8 or later.")
    if getattr(config.option, "numprocesses", None) or getattr(config.option, "tx", None):
        raise pytest.UsageError("--rockproc does not observe the workers of pytest-xdist. Add -n 0.")
    if not config.option.rockproc_timeout > 0:
        raise pytest.UsageError("--rockproc-timeout needs a number of seconds above 0.")
    from rockproc.observer.scenarios.launch import Launch

    from .session import run_session

    script, module = _program()
    launch = Launch(
        script,
        tuple(config.invocation_params.args),
        python=sys.executable,
        module=module,
        folder=str(config.invocation_params.dir),
        strict=config.option.rockproc_strict,
    )
    return run_session(launch, config.option.rockproc_timeout)


def _program() -> tuple[str, bool]:
    """Return how pytest was started: the path of its console script, or the name of its module and True.

    They differ in `sys.path`: `python -m pytest` adds the working directory.
    """
    started = Path(sys.argv[0])
    if started.name in ("pytest", "py.test") and started.is_file():
        return str(started), False
    return "pytest", True
