"""The libraries whose tests are compared, and which of their tests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Suite:
    """The tests in the published source package of one library."""

    library: str
    tests: tuple[str, ...]
    """Files and folders, below `folder`."""
    needs: tuple[str, ...] = ()
    """What its tests import, beside the library and pytest."""
    options: tuple[str, ...] = ()
    release: str = ""
    """The versions to choose from, such as `<3.21`."""
    extras: str = ""
    folder: str = "."
    """Where pytest runs, in the source package; `{version}` stands for that of CPython."""
    installed: bool = False
    """The package has compiled parts: the installed one is tested, not that in the source package."""
    follow: bool = False
    """The library starts its workers by `subprocess`."""
    left_out: str = ""
    """The tests that are left out, and the reason."""


SUITES = (
    Suite(
        "loky",
        ("tests",),
        ("psutil", "packaging", "numpy"),
        ("--skip-high-memory", "--loky-verbosity", "20"),
        left_out="tests that need several gigabytes",
    ),
    Suite(
        "joblib",
        ("joblib/test/test_parallel.py", "joblib/test/test_memmapping.py"),
        ("numpy", "threadpoolctl"),
        left_out="tests that use no processes",
    ),
    Suite("pebble", ("test",)),
    Suite("aiomultiprocess", tuple(f"aiomultiprocess/tests/{name}.py" for name in ("core", "pool", "scheduler"))),
    Suite(
        "multiprocess",
        ("multiprocess/tests/test_multiprocessing_fork", "multiprocess/tests/test_multiprocessing_spawn"),
        ("dill",),
        folder="py{version}",
    ),
    Suite("filelock", ("tests",), ("pytest-mock", "pytest-asyncio", "virtualenv"), release="<3.21"),
    Suite(
        "portalocker", ("portalocker_tests",), ("fakeredis", "pytest-rerunfailures", "pytest-timeout"), extras="redis"
    ),
    Suite("diskcache", ("tests",), ("django",), left_out="benchmarks"),
    Suite("billiard", ("t/unit",), ("psutil",)),
    Suite("pytest-xdist", ("testing",), ("filelock",), follow=True),
    Suite("gunicorn", ("tests",), ("pytest-asyncio", "httpx[http2]", "uvloop", "gevent", "h2", "packaging")),
    Suite(
        "uvicorn",
        ("tests",),
        ("pytest-mock", "trustme", "httpx", "a2wsgi", "wsproto"),
        extras="standard",
    ),
    Suite("psutil", ("tests",), ("pytest-xdist",), installed=True, left_out="measurements of memory leaks"),
)
"""mpire is missing: its source package comes without tests."""
