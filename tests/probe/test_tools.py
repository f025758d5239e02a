"""Tools that trace, measure or watch a program do not see our files."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.parameters import fast_first
from tests.probe.conftest import CURRENT, PROBE, PYTHONS, Ways, edges, python

USES = """
    import multiprocessing as mp
    import sys

    def work(queue, value):
        for _ in range(3):
            queue.get()
        value.value += 1

    def main():
        mp.set_start_method(sys.argv[1])
        queue, value = mp.Queue(), mp.Value("i")
        child = mp.Process(target=work, args=(queue, value))
        child.start()
        for item in range(3):
            queue.put(item)
        child.join()
        queue.close()
        queue.join_thread()  # `trace` fails by itself if a thread is still counting while it writes the counts
        print(child.exitcode, value.value)
"""


@pytest.mark.parametrize("version", edges(2))
def test_tracers_and_profilers_see_no_file_of_the_probe(version: str, run: Ways) -> None:
    run.write(USES, "uses.py")
    program = str(
        run.write("""
        import json
        import sys

        seen = set()

        def trace(frame, event, argument):
            seen.add(frame.f_code.co_filename)
            return trace

        if __name__ == "__main__":
            sys.settrace(trace)
            sys.setprofile(trace)
            import uses
            uses.main()
            sys.settrace(None)
            sys.setprofile(None)
            seen.update(str(getattr(module, "__file__", "")) for module in list(sys.modules.values()))
            print(json.dumps([sorted(seen), sys.path, list(sys.path_importer_cache)]))
    """)
    )
    run.observed(version, program, "spawn")  # the first run weaves, for which it needs `ast`
    bare, observed = run.bare(version, program, "spawn"), run.observed(version, program, "spawn")
    assert observed.stdout.splitlines()[0] == bare.stdout.splitlines()[0] == "0 1"
    files, path, cache = json.loads(observed.stdout.splitlines()[1])
    assert not [file for file in (*files, *path, *cache) if file.startswith(str(PROBE))]
    bare_files, *_ = json.loads(bare.stdout.splitlines()[1])
    sources, bare_sources = ({name for name in names if name.endswith(".py")} for names in (files, bare_files))
    assert sources == bare_sources


@pytest.mark.parametrize("version", fast_first(dict.fromkeys(["3.13", CURRENT])))
def test_the_trace_module_counts_no_lines_of_the_probe(version: str, run: Ways) -> None:
    run.write(USES, "uses.py")
    program = str(run.write('import uses\nif __name__ == "__main__":\n    uses.main()\n'))
    arguments = ("-m", "trace", "--count", "--summary", "-C", str(run.folder / "counts"), program, "fork")
    run.observed(version, *arguments)  # the first run weaves, for which it needs `ast`
    bare, observed = run.bare(version, *arguments), run.observed(version, *arguments)
    before, after = (
        {line.split()[2] for line in outcome.stdout.splitlines() if "%" in line and not line.startswith("lines")}
        for outcome in (bare, observed)
    )
    assert {"uses", "multiprocessing.queues"} <= before
    assert after == before, observed.stderr


@pytest.mark.parametrize("method", [pytest.param("fork", marks=pytest.mark.slow), "spawn"])
def test_coverage_measures_the_same(method: str, run: Ways, tmp_path: Path) -> None:
    """This must hold in children, too, and our code must write nothing to stderr."""
    run.write(USES, "uses.py")
    program = str(run.write('import uses\nif __name__ == "__main__":\n    uses.main()\n'))
    settings = tmp_path / "coverage.ini"
    settings.write_text("[run]\nconcurrency = multiprocessing\nparallel = True\n")
    run.environment["COVERAGE_RCFILE"] = str(settings)

    def measured() -> str:
        for words in (["combine", "-q"], ["report", "-m"]):
            result = subprocess.run(
                [python(CURRENT), "-m", "coverage", *words],
                cwd=run.folder,
                env=run.environment,
                capture_output=True,
                text=True,
                check=True,
            )
        (run.folder / ".coverage").unlink()
        return result.stdout

    bare = run.bare(CURRENT, "-m", "coverage", "run", program, method)
    before = measured()
    observed = run.observed(CURRENT, "-m", "coverage", "run", program, method)
    assert (observed.stdout, observed.stderr, observed.status) == (bare.stdout, bare.stderr, bare.status)
    assert measured() == before
    assert "uses.py" in before


def test_reloading_a_module_of_the_standard_library(run: Ways) -> None:
    program = str(
        run.write("""
        import importlib
        import multiprocessing as mp
        import multiprocessing.queues

        if __name__ == "__main__":
            mp.set_start_method("fork")
            for name in ("queues", "synchronize", "connection"):
                module = importlib.reload(getattr(mp, name))
                print(module.__name__, type(module.__loader__).__name__, module.__spec__.origin == module.__file__)
            queue, lock = mp.Queue(), mp.Lock()
            with lock:
                queue.put(1)
            print(queue.get())
    """)
    )
    bare, observed = run.bare(CURRENT, program), run.observed(CURRENT, program)
    assert (observed.stdout, observed.stderr, observed.status) == (bare.stdout, bare.stderr, bare.status)


FOLLOWS = """
    import _posixsubprocess
    import multiprocessing as mp
    import os
    import sys

    start = _posixsubprocess.fork_exec

    def fork_exec(args, *others):
        # As debugpy does: it looks for a Python, and for what that is to execute.
        words = [os.fsdecode(word) for word in args]
        if words[0] == sys.executable and "-c" in words:
            place = words.index("-c") + 1
            words[place] = "import sys; sys.followed = True; " + words[place]
        return start([os.fsencode(word) for word in words], *others)

    def work(queue):
        queue.put(getattr(sys, "followed", False))

    if __name__ == "__main__":
        _posixsubprocess.fork_exec = fork_exec
        context = mp.get_context(sys.argv[1])
        queue = context.Queue()
        child = context.Process(target=work, args=(queue,))
        child.start()
        print(queue.get())
        child.join()
"""


@pytest.mark.parametrize(
    ("version", "method"), fast_first([(version, method) for version in PYTHONS for method in ("spawn", "forkserver")])
)
def test_a_debugger_finds_the_children_that_are_started(version: str, method: str, run: Ways) -> None:
    program = str(run.write(FOLLOWS))
    bare, observed = run.bare(version, program, method), run.observed(version, program, method)
    assert (observed.stdout, observed.stderr, observed.status) == (bare.stdout, bare.stderr, bare.status)
    assert bare.stdout == "True\n"
    assert observed.report is not None
    assert [(channel["put"], channel["got"]) for channel in observed.report["channels"]] == [(1, 1)]
