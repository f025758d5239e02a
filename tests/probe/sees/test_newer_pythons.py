"""The observation must cover what CPython 3.14 and 3.15 have added."""

from __future__ import annotations

import pytest

from tests.parameters import fast_first
from tests.probe.conftest import PYTHONS, See, Ways

NEWER = ("3.14", "3.15")


@pytest.mark.parametrize("version", fast_first(NEWER))
def test_the_default_start_method_is_observed(version: str, see: See) -> None:
    """The default is forkserver, whose authentication is no Pipe of the program."""
    seen = see(
        version,
        """
        import multiprocessing as mp

        def work(queue):
            for _ in range(5):
                queue.get()

        if __name__ == "__main__":
            queue = mp.Queue()
            child = mp.Process(target=work, args=(queue,))
            child.start()
            for item in range(5):
                queue.put(item)
            child.join()
        """,
    ).end()
    assert [(channel.name, channel.put, channel.got) for channel in seen.channels] == [("queue", 5, 5)]
    child = next(process for process in seen.processes if process.name == "Process-1")
    assert (child.start_method, child.probed, child.python.startswith(version)) == ("forkserver", True, True)


@pytest.mark.parametrize("version", fast_first(reversed(NEWER)))
def test_an_interrupt_is_a_signal_of_the_program(version: str, see: See) -> None:
    seen = see(
        version,
        """
        import multiprocessing as mp
        import sys
        import time

        def work(begun):
            try:
                begun.set()
                time.sleep(60)
            except KeyboardInterrupt:
                sys.exit(3)

        if __name__ == "__main__":
            begun = mp.Event()
            child = mp.Process(target=work, args=(begun,))
            child.start()
            begun.wait()
            child.interrupt()
            child.join()
        """,
    ).end()
    assert [mark.text for mark in seen.marks.since(0)[1] if mark.kind == "signal"] == ["SIGINT"]


@pytest.mark.parametrize(("version", "way"), [("3.14", "terminate_workers"), ("3.15", "kill_workers")])
def test_ending_the_workers_of_an_executor_does_not_break_it(version: str, way: str, see: See) -> None:
    seen = see(
        version,
        f"""
        import time
        from concurrent.futures import ProcessPoolExecutor

        if __name__ == "__main__":
            executor = ProcessPoolExecutor(2)
            executor.submit(abs, -1).result()
            executor.submit(time.sleep, 60)
            executor.{way}()
        """,
    ).end()
    assert [(pool.ended, pool.submitted, pool.done) for pool in seen.pools] == [("terminated", 2, 1)]
    assert [finding.rule for finding in seen.findings] == []


LAZY = """
    import multiprocessing as mp
    import sys

    def work(queue, value):
        value.value = queue.get()

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        queue, value = mp.Queue(), mp.Value("i")
        child = mp.Process(target=work, args=(queue, value))
        child.start()
        queue.put(7)
        child.join()
        print(child.exitcode, value.value)
        print(sorted(name for name in sys.modules if not name.startswith("_rockproc_probe")))
"""


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_lazy_imports_do_not_affect_the_probe(method: str, run: Ways) -> None:
    """PEP 810: the results must be as without the probe, and the probe itself must be loaded at once."""
    run.environment["PYTHON_LAZY_IMPORTS"] = "all"
    run.write("import sys\nprint('my own sitecustomize')", "lib/sitecustomize.py")
    run.environment["PYTHONPATH"] = str(run.folder / "lib")
    program = str(run.write(LAZY))
    observed = run.observed("3.15", program, method)
    bare = run.bare("3.15", program, method)
    # Helper processes execute the sitecustomize at their own pace, also after the line with the imported modules.
    first, second = (
        sorted(line for line in result.stdout.splitlines() if not line.startswith("[")) for result in (observed, bare)
    )
    assert first == second
    assert observed.stderr == bare.stderr
    assert observed.report is not None
    assert observed.report["faults"] == []
    assert [(channel["put"], channel["got"]) for channel in observed.report["channels"]] == [(1, 1)]


@pytest.mark.parametrize("version", fast_first(NEWER))
def test_the_interpreters_of_an_executor_are_counted_as_not_observed(version: str, run: Ways) -> None:
    program = run.write("""
        from concurrent.futures import InterpreterPoolExecutor

        if __name__ == "__main__":
            with InterpreterPoolExecutor(1) as executor:
                print([executor.submit(abs, number).result() for number in (-1, -2)])
    """)
    bare, observed = run.bare(version, str(program)), run.observed(version, str(program))
    assert (observed.stdout, observed.stderr, observed.status) == (bare.stdout, bare.stderr, bare.status)
    assert observed.report is not None
    assert observed.report["coverage"]["subinterpreters"] == 1


@pytest.mark.parametrize("version", PYTHONS)
def test_a_subinterpreter_leaves_the_environment_as_it_is(version: str, run: Ways) -> None:
    """The subinterpreter begins with the search path of the process's start, and so finds our folder once more."""
    run.environment["PYTHONPATH"] = str(run.folder / "lib")
    program = run.write("""
        import os
        import textwrap
        import sys

        try:
            import _interpreters as interpreters
        except ImportError:
            import _xxsubinterpreters as interpreters

        look = '''
        import os, sys
        print(sys.path, os.environ.get("PYTHONPATH"), "sitecustomize" in sys.modules, flush=True)
        '''
        interpreter = interpreters.create()
        interpreters.run_string(interpreter, textwrap.dedent(look))
        interpreters.destroy(interpreter)
        exec(textwrap.dedent(look))
        os.system("echo $PYTHONPATH")
    """)
    bare, observed = run.bare(version, str(program)), run.observed(version, str(program))
    assert (observed.stdout, observed.stderr, observed.status) == (bare.stdout, bare.stderr, bare.status)
