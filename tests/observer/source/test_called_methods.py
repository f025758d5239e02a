"""The methods that a function may call and that can end a wait, found in its source."""

from __future__ import annotations

from pathlib import Path

import pytest
from rockproc.observer.model.calls import ANYTHING, CALLBACK
from rockproc.observer.source.called_methods import called_methods, last_line


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f():  # here\n    done.set()\n    print(q.qsize())\n", {"done.set"}),
        ("f = lambda *_: self.stop.set()  # here\n", {"stop.set"}),
        ("@decorated  # here\ndef f(number, frame):\n    queues[number].put(1)\n", {"queues.put"}),
        ("def f(gate):  # here\n    gate.release()\n", {".release"}),
        ("def f():  # here\n    for each in events:\n        each.set()\n", {".set"}),
        ("def f():  # here\n    g()\ndef g():\n    Timer(1, h)\ndef h():\n    done.set()\n", {"done.set"}),
        ("def f():  # here\n    Service()\nclass Service:\n    def run(self):\n        self.q.put(1)\n", {"q.put"}),
        ("def f():  # here\n    Process(target=work)\ndef work():\n    q.put(1)\n", set[str]()),
        ("def f():  # here\n    Thread(target=work)\ndef work():\n    q.put(1)\n", {"q.put"}),
        ("def f(callback):  # here\n    callback()\n", {CALLBACK}),
        ("def f():  # here\n    getattr(done, name)()\n", {CALLBACK}),
        ("def f():  # here\n    raise TimeoutError\n", {".raise"}),
        ("def f():  # here\n    sys.exit(1)\n", {".raise"}),
        ("import beside\ndef f():  # here\n    beside.stop()\n", {"over.set"}),
    ],
)
def test_the_calls_of_a_function_are_found(source: str, expected: set[str], tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("def stop():\n    over.set()\n")
    program = tmp_path / "program.py"
    program.write_text(source)
    line = next(at for at, text in enumerate(source.splitlines(), 1) if text.endswith("# here"))
    assert called_methods(str(program), line) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f():\n    q.put(1)\n\n\nf()\n", 2),
        ("@decorated\ndef f():\n    q.put(1)\n", 3),
        ("f = lambda *_: q.put(1)\n", 0),
        ("def f(g=lambda: 1):\n    q.put(1)\n", 0),
        ("q.put(1)\n", 0),
    ],
)
def test_the_last_line_of_a_function_that_is_alone_at_its_line(source: str, expected: int, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(source)
    assert last_line(str(program), 1) == expected


@pytest.mark.parametrize(
    "statement",
    ["from package import stops", "from package import (\n    others,\n    stops,\n)", "import others, package.stops"],
)
def test_functions_of_a_package_beside_the_program(statement: str, tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package/__init__.py").touch()
    (tmp_path / "package/stops.py").write_text("from . import last\ndef stop():\n    last.end()\n")
    (tmp_path / "package/last.py").write_text("def end():\n    over.set()\n")
    program = tmp_path / "program.py"
    program.write_text(f"def f():\n    stops.stop()\n{statement}\n")
    assert called_methods(str(program), 1) == {"over.set"}


def test_the_standard_library_calls_nothing_of_the_program(tmp_path: Path) -> None:
    """The standard library has hundreds of modules: reading a handler of `multiprocessing` must not take a second."""
    (tmp_path / "os.py").touch()
    (tmp_path / "beside.py").write_text("def stop():\n    over.set()\n")
    program = tmp_path / "program.py"
    program.write_text("import beside\ndef f():\n    beside.stop()\n    done.set()\n")
    assert called_methods(str(program), 2) == {"done.set"}


def test_the_code_outside_of_functions(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("def f():\n    done.set()\nif ready:\n    for each in f, g:\n        q.put(each)\n")
    assert called_methods(str(program), 1, "<module>") == {"done.set", "q.put"}


def test_a_function_that_leads_to_many_others_may_call_anything(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    functions = (f"def f{number}():\n    f{number + 1}()\n    e{number}.set()\n" for number in range(1000))
    program.write_text("".join(functions))
    found = called_methods(str(program), 1)
    assert found is not None
    assert {"e0.set", "e1.set", ANYTHING} <= found
    assert "e999.set" not in found


def test_a_function_that_is_not_found(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("1 +\n")
    assert called_methods(str(program), 1) is None
    program.write_text("x = 1\n")
    assert called_methods(str(program), 1) is None
    assert called_methods(str(tmp_path / "none.py"), 1) is None
