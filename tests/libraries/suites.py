"""The libraries whose tests are compared, and which of their tests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Suite:
    """The tests in the published source package of one library."""

    library: str
    tests: tuple[str, ...]
    """The files and folders that are run, below `folder`."""
    needs: tuple[str, ...] = ()
    """The packages that its tests import, besides the library and pytest."""
    options: tuple[str, ...] = ()
    release: str = ""
    """The versions to choose from, such as `<3.21`."""
    extras: str = ""
    folder: str = "."
    """The folder of the source package in which pytest runs; `{version}` stands for that of CPython."""
    installed: bool = False
    """True if the package has compiled parts: the installed one is tested, not that in the source package."""
    follow: bool = False
    """True if the library or its tests start programs by `subprocess`, which `--follow` observes."""
    exceptions: tuple[str, ...] = ()
    """The tests that notice what `docs/probe.md` lists under "Exceptions"."""
    left_out: str = ""
    """The tests that are left out, and the reason."""


SUITES = (
    Suite(
        "loky",
        tuple(
            f"tests/test_{name}.py"
            for name in (
                "loky_backend",
                "loky_module",
                "reusable_executor",
                "resource_tracker",
                "synchronize",
                "worker_timeout",
                "process_executor_loky",
            )
        ),
        ("psutil", "packaging", "numpy"),
        ("--skip-high-memory", "--loky-verbosity", "20"),
        follow=True,
        exceptions=(
            "tests/test_loky_backend.py::TestLokyBackend::test_sync_object_handling",
            # It takes zombies for running workers.
            "tests/test_reusable_executor.py::TestTerminateExecutor::test_sigkill_shutdown_leaks_workers",
        ),
        left_out="tests that need several gigabytes, and the repetitions with spawn and forkserver",
    ),
    Suite(
        "joblib",
        ("joblib/test/test_parallel.py", "joblib/test/test_memmapping.py"),
        ("numpy", "threadpoolctl"),
        follow=True,
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
    Suite(
        "filelock",
        ("tests",),
        ("pytest-mock", "pytest-asyncio", "pytest-timeout", "virtualenv"),
        release="<3.21",
    ),
    Suite(
        "portalocker",
        ("portalocker_tests",),
        ("fakeredis", "pytest-rerunfailures", "pytest-timeout", "typing_extensions"),
        extras="redis",
    ),
    Suite(
        "diskcache",
        ("tests",),
        options=("--ignore=tests/test_djangocache.py", "--ignore=tests/test_doctest.py"),
        left_out="tests that need Django and settings that are not in the package",
    ),
    Suite("billiard", ("t/unit",), ("psutil",)),
    Suite("pytest-xdist", ("testing",), ("filelock",), follow=True),
    Suite(
        "gunicorn",
        (
            "tests/test_arbiter.py",
            "tests/test_asgi_connection_close.py",
            "tests/test_asgi_keepalive_timeout.py",
            "tests/test_control_socket_integration.py",
            "tests/test_gthread_keepalive_shutdown.py",
            "tests/test_signal_integration.py",
        ),
        ("pytest-asyncio", "httpx[http2]", "uvloop", "gevent", "h2", "packaging"),
        follow=True,
        left_out="tests that start no processes",
    ),
    Suite(
        "uvicorn",
        ("tests/supervisors", "tests/test_subprocess.py", "tests/test_main.py", "tests/test_server.py"),
        ("pytest-mock", "trustme", "httpx2", "a2wsgi", "wsproto"),
        extras="standard",
        left_out="tests that start no processes",
    ),
    Suite(
        "psutil",
        ("tests",),
        ("pytest-xdist",),
        ("--ignore=tests/test_memleaks.py",),
        installed=True,
        left_out="measurements of memory leaks",
    ),
)
"""The suites by library. mpire has none, as its source package does not contain its tests."""
