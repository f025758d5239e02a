"""A program cannot tell whether it is observed."""

from __future__ import annotations

import difflib
import json
import re
from itertools import product
from pathlib import Path

import pytest

from tests.probe.conftest import CURRENT, PROBE, QUICK, Outcome, Ways, every_version, spread, ways

PROGRAMS = Path(__file__).parent / "programs"


REENTRANT = re.compile(
    r"^.*UserWarning: ResourceTracker called reentrantly for resource cleanup,\n.* might leak\.\n  warnings\.warn\(\n",
    re.MULTILINE,
)
"""CPython 3.12 and 3.13 warn of it if the garbage collector runs at a certain moment."""


def normal(text: str) -> str:
    """Return a text without what differs between runs: addresses, pids, semaphores, names of standard streams."""
    text = REENTRANT.sub("", text)
    return re.sub(
        r"(?<=0x)[0-9a-f]+|/\w+\.std(?=out|err)|(?<=pid=)\d+|(?<=/mp-)\w+|_fd=\d+|_handle=\d+|(?<=main\()\d+,\s\d+",
        "…",
        text,
    )


def changed(bare: str, observed: str) -> list[str]:
    """Return the lines that differ, and parts of long lines."""
    before, after = (re.split(r"\n|(?<=,) (?=\S)", normal(text)) for text in (bare, observed))
    return list(difflib.unified_diff(before, after, "bare", "observed", n=1, lineterm=""))


FINDER = re.compile(r"(?<=meta_path \[)<_rockproc_probe\.importing\.Finder object at 0x\w+>, ")


def same(bare: Outcome, observed: Outcome) -> None:
    assert observed.report is not None
    assert observed.report["faults"] == []
    # The probe finds copies of multiprocessing whenever they are imported, by an entry that `docs/probe.md` names.
    stdout = FINDER.sub("", observed.stdout)
    changes = [*changed(bare.stderr, observed.stderr), *changed(bare.stdout, stdout)]
    if bare.status != observed.status:
        changes.append(f"status {bare.status} → {observed.status}")
    if changes:
        pytest.fail("\n".join(changes), pytrace=False)


EVERYWHERE = ("modules", "shared_memory", "surroundings", "tracebacks", "travels")
"""Programs whose differences depend on a version or a start method: the default run tries all three ways."""
OTHERS = [path.stem for path in sorted(PROGRAMS.glob("*.py")) if path.stem not in EVERYWHERE]


@pytest.mark.parametrize(
    ("name", "version", "method"),
    [
        *spread(OTHERS, every=2),
        *(
            pytest.param(name, *way.values, id=f"{name}-{way.id}", marks=way.marks)
            for name in EVERYWHERE
            for way in ways(0, 2)
        ),
    ],
)
def test_output_and_status_are_unchanged(name: str, version: str, method: str, run: Ways) -> None:
    program = str(PROGRAMS / f"{name}.py")
    same(run.bare(version, program, method), run.observed(version, program, method))


@pytest.mark.parametrize(
    ("name", "detail", "version", "method"),
    [
        pytest.param("deep", "full", "3.8", "spawn", id="deep-full-3.8-spawn"),
        *(
            pytest.param(name, detail, *QUICK[number % len(QUICK)], marks=() if number % 32 == 0 else pytest.mark.slow)
            for number, (detail, name) in enumerate(product(("full", "light"), (*OTHERS, *EVERYWHERE)))
        ),
    ],
)
def test_output_and_status_are_unchanged_at_every_detail(
    name: str, detail: str, version: str, method: str, run: Ways
) -> None:
    """The test above covers `auto`. A part of the cases is in the default run."""
    program = str(PROGRAMS / f"{name}.py")
    same(run.bare(version, program, method), run.observed(version, program, method, detail=detail))


ALL = pytest.mark.parametrize(("version", "method"), ways())


@ALL
def test_one_more_open_file_at_most(version: str, method: str, run: Ways) -> None:
    """Below 3.13, a map keeps a descriptor of the journal open."""
    program = run.write("""
        import json, multiprocessing as mp, os, sys

        def kind(path):
            for mark in "journal", "pym-", "pipe", "socket", "/tmp":
                if mark in path:
                    return mark
            return path

        def look(*shared):
            found = []
            for name in os.listdir("/proc/self/fd"):
                try:
                    found.append(kind(os.readlink("/proc/self/fd/" + name)))
                except OSError:
                    pass
            print(json.dumps(sorted(found)), flush=True)

        if __name__ == "__main__":
            look()
            mp.set_start_method(sys.argv[1])
            shared = mp.Queue(), mp.Value("i"), mp.Pipe()
            look()
            child = mp.Process(target=look, args=shared)
            child.start()
            child.join()
            look()
    """)
    bare, observed = run.bare(version, str(program), method), run.observed(version, str(program), method)
    more = ["journal"] if int(version[2:]) < 13 else []
    expected = [sorted([*json.loads(line), *more]) for line in bare.stdout.splitlines()]
    assert [json.loads(line) for line in observed.stdout.splitlines()] == expected


@pytest.mark.parametrize(("version", "method"), ways(1))
def test_modules_of_the_program_may_have_names_of_the_probe(version: str, method: str, run: Ways) -> None:
    names = [path.stem for path in PROBE.glob("*.py") if path.stem != "__init__"]
    names += ["probe", "taps", "entry", "ast", "copy", "token", "tokenize"]
    for name in names:
        run.write("", f"{name}.py")
    program = run.write(f"""
        import {", ".join(names)}
        import multiprocessing as mp
        import sys

        def look():
            print([getattr(sys.modules[name], "__file__", None) for name in {names}], flush=True)

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            look()
            child = mp.Process(target=look)
            child.start()
            child.join()
    """)
    same(run.bare(version, str(program), method), run.observed(version, str(program), method))


OWN = """
    import os, sys
    sys.mark = "my sitecustomize", list(sys.path), os.environ.get("PYTHONPATH")
"""
USES = """
    import multiprocessing as mp
    import os, subprocess, sys

    def look():
        print(sys.path, os.environ.get("PYTHONPATH"), getattr(sys, "mark", None), "sitecustomize" in sys.modules)
        print(sys.argv, __file__ if "__file__" in globals() else None, __name__, __spec__ and __spec__.name, flush=True)

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        look()
        child = mp.Process(target=look)
        child.start()
        child.join()
        print(child.exitcode, flush=True)
        subprocess.call([sys.executable, "-c", "import sys; print('subprocess', sys.path, getattr(sys, 'mark', None))"])
"""


@pytest.mark.parametrize(("path", "version", "method"), spread(["", "{0}/lib", "{0}/lib:{0}/nothing", ":{0}/lib:"]))
def test_a_sitecustomize_of_the_program_is_executed(path: str, version: str, method: str, run: Ways) -> None:
    run.write(OWN, "lib/sitecustomize.py")
    run.environment["PYTHONPATH"] = path.format(run.folder)
    program = str(run.write(USES))
    same(run.bare(version, program, method, "x"), run.observed(version, program, method, "x"))


@pytest.mark.parametrize(("version", "method"), ways(2))
def test_a_failing_sitecustomize_of_the_program_is_reported_as_usual(version: str, method: str, run: Ways) -> None:
    run.write("import nothing_of_this_name", "lib/sitecustomize.py")
    run.environment["PYTHONPATH"] = str(run.folder / "lib")
    program = str(run.write(USES))
    same(run.bare(version, program, method), run.observed(version, program, method))


@pytest.mark.parametrize(("version", "method"), ways(0))
def test_a_sitecustomize_beside_the_program_is_not_loaded(version: str, method: str, run: Ways) -> None:
    """Python does not load it."""
    run.write(OWN, "sitecustomize.py")
    program = str(run.write(USES))
    same(run.bare(version, program, method), run.observed(version, program, method))


@pytest.mark.parametrize(("version", "method"), ways(1))
def test_a_module_run_by_name_is_unchanged(version: str, method: str, run: Ways) -> None:
    run.write("", "package/__init__.py")
    run.write(USES, "package/part.py")
    same(
        run.bare(version, "-m", "package.part", method, "x"),
        run.observed(version, "-m", "package.part", method, "x"),
    )


def test_code_given_by_option_c_is_unchanged(run: Ways) -> None:
    code = "import sys, multiprocessing as m; p = m.Process(target=print, args=(sys.argv,)); p.start(); p.join()"
    same(run.bare(CURRENT, "-c", code, "x"), run.observed(CURRENT, "-c", code, "x"))


def test_a_relative_script_and_a_folder_are_unchanged(run: Ways) -> None:
    run.write(USES, "program.py")
    run.write(USES, "folder/__main__.py")
    for script in ("program.py", "./program.py", "folder"):
        same(run.bare(CURRENT, script, "spawn"), run.observed(CURRENT, script, "spawn"))


@pytest.mark.parametrize(("version", "method"), ways(2))
def test_warnings_as_errors_are_unchanged(version: str, method: str, run: Ways) -> None:
    run.environment["PYTHONWARNINGS"] = "error"
    run.environment["PYTHONDEVMODE"] = "1"
    program = str(run.write(USES))
    same(run.bare(version, program, method), run.observed(version, program, method))


def test_the_given_start_method_is_only_the_default(run: Ways) -> None:
    program = str(
        run.write("""
        import multiprocessing as mp
        import sys

        if __name__ == "__main__":
            if len(sys.argv) > 1:
                mp.set_start_method(sys.argv[1])
            print(mp.get_start_method(allow_none=True), mp.get_start_method(), mp.get_context().get_start_method())
            child = mp.Process()
            child.start()
            child.join()
            print(type(child._popen).__module__)
    """)
    )
    assert (
        run.observed(CURRENT, program, method="spawn").stdout == "None spawn spawn\nmultiprocessing.popen_spawn_posix\n"
    )
    own = run.observed(CURRENT, program, "forkserver", method="spawn")
    assert (own.stdout, own.stderr) == ("forkserver forkserver forkserver\nmultiprocessing.popen_forkserver\n", "")


@ALL
def test_no_files_are_left_behind(version: str, method: str, run: Ways) -> None:
    program = str(
        run.write("""
        import multiprocessing as mp
        import sys

        def uses(queue, value):
            queue.put(value.value)

        if __name__ == "__main__":
            mp.set_start_method(sys.argv[1])
            queue, value, array, lock = mp.Queue(), mp.Value("i"), mp.Array("c", 1000000), mp.Lock()
            print("/mp-none", lock._semlock.name)
            child = mp.Process(target=uses, args=(queue, value))
            child.start()
            queue.get()
            child.join()
    """)
    )
    observed = run.observed(version, program, method)
    same(run.bare(version, program, method), observed)
    assert list(run.temporary.iterdir()) == []
    assert observed.report is not None
    pids = [process["pid"] for process in observed.report["processes"]]
    semaphores = [Path("/dev/shm/sem.mp-" + name) for name in re.findall(r"/mp-(\S+)", observed.stdout)]
    arenas = [path for pid in pids for path in Path("/dev/shm").glob(f"pym-{pid}-*")]
    assert semaphores
    assert not [name for name in semaphores if name.exists()] + arenas


@pytest.mark.parametrize("version", every_version())
def test_an_interrupted_acquire_has_no_frame_of_the_probe(version: str, run: Ways) -> None:
    """Python code that waits for C code would appear in the tracebacks."""
    program = str(
        run.write("""
        import multiprocessing as mp, os, signal, sys, threading, traceback

        def interrupt(number, frame):
            if not later:
                raise InterruptedError("by a handler")
            signal.default_int_handler(number, frame)

        lock, later = mp.Lock(), []
        signal.signal(signal.SIGINT, interrupt)
        lock.acquire()
        for arguments in ((True, "soon"), (), ()):
            if not arguments:
                threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
            try:
                lock.acquire(*arguments)
            except BaseException:
                later += [1] if not arguments else []
                print(traceback.format_exc())
    """)
    )
    bare, observed = run.bare(version, program), run.observed(version, program)
    assert bare.stdout.count("Traceback") == 3
    assert "KeyboardInterrupt" in bare.stdout
    assert observed.stdout == bare.stdout
