"""Ordinary variables that a child process changes in its own copy, and that its parent reads."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path

import pytest
from rockproc.observer.model import Site
from rockproc.observer.source.unshared_changes import unshared_changes

START = "    p = Process(target=work)\n    p.start()\n    p.join()\n"
MAIN = "if __name__ == '__main__':\n"


def found(source: str, folder: Path) -> list[tuple[str, str, int, int]]:
    """Return kind, name, line of the change and line of the read of what is found in a program."""
    script = folder / "program.py"
    script.write_text(textwrap.dedent(source))
    candidates = unshared_changes(str(script))
    return [(str(found.kind), found.name, found.change.line, found.read.line) for found in candidates]


def work(body: str) -> str:
    """Return a function of a child with this body."""
    return "def work(x=0):\n" + textwrap.indent(body, "    ") + "\n"


SHARED_BY_MISTAKE = {
    "counter": "n = 0\n" + work("global n\nn += 1") + MAIN + START + "    print(n)",
    "assigned": "n = None\n" + work("global n\nn = 5") + MAIN + START + "    print(n)",
    "list": "n = []\n" + work("n.append(1)") + MAIN + START + "    print(len(n), n)",
    "dict": "n = {}\n" + work("n['a'] = 1") + MAIN + START + "    for a in n: print(a)",
    "array": "import numpy as np\nn = np.zeros(4)\n" + work("n[0] = 1") + MAIN + START + "    print(n.sum())",
    "nested": "n = {'a': []}\n" + work("n['a'].append(1)") + MAIN + START + "    assert n['a']",
    "in main()": "n = 0\n" + work("global n\nn += 1") + "def main():\n" + START + "    print(n)\nmain()",
    "through a call": "n = []\ndef add(): n.append(1)\n" + work("add()") + MAIN + START + "    print(n)",
    "read by a call": "n = []\ndef show(): print(n)\n" + work("n.append(1)") + MAIN + START + "    show()",
    "asked in a loop": "n = 0\n"
    + work("global n\nn = 1")
    + MAIN
    + "    p = Process(target=work)\n    while not n: pass",
    "map": "n = []\n" + work("n.append(x)") + MAIN + "    Pool(2).map(work, range(4))\n    print(n)",
    "submit": "n = []\n"
    + work("n.append(x)")
    + MAIN
    + "    executor = ProcessPoolExecutor()\n    executor.submit(work, 4)\n    print(n)",
    "argument": work("x.append(1)")
    + MAIN
    + "    n = []\n    p = Process(target=work, args=(n,))\n    p.start()\n    p.join()\n    print(n)",
    "argument of the same name": "def work(n): n.append(1)\n"
    + MAIN
    + "    n = []\n    p = Process(target=work, args=(n,))\n    p.start()\n    p.join()\n    print(n)",
    "argument in a function": work("x['a'] = 1")
    + "def main():\n    n = {}\n    p = Process(target=work, args=(n,))\n    p.start()\n    p.join()\n    print(n)",
    "flag": "n = False\n"
    + work("while not n: sleep(1)")
    + MAIN
    + "    p = Process(target=work)\n    p.start()\n    n = True\n    p.join()",
}


@pytest.mark.parametrize("program", SHARED_BY_MISTAKE)
def test_a_variable_that_is_taken_for_shared_is_found(program: str, tmp_path: Path) -> None:
    assert [name for _, name, _, _ in found(SHARED_BY_MISTAKE[program], tmp_path)] == ["n"]


CORRECT = {
    "not read": "n = 0\n" + work("global n\nn += 1") + MAIN + START,
    "read before": "n = 0\n" + work("global n\nn += 1") + MAIN + "    print(n)\n" + START,
    "changed in the parent": "n = []\n" + work("n.append(1)") + MAIN + START + "    n.append(2)\n    print(n)",
    "filled by a callback": "n = []\n"
    + work("n.append(x)")
    + MAIN
    + "    Pool().apply_async(work, (1,), callback=n.append)\n    print(n)",
    "assigned by main": "n = None\n" + work("global n\nn = 1") + MAIN + "    n = Value('i')\n" + START + "    print(n)",
    "a Value": "n = Value('i')\n" + work("n.value += 1") + MAIN + START + "    print(n.value)",
    "a list of a manager": "n = Manager().list()\n" + work("n.append(1)") + MAIN + START + "    print(n)",
    "in a thread as well": "n = 0\n"
    + work("global n\nn += 1")
    + MAIN
    + "    Thread(target=work).start()\n"
    + START
    + "    print(n)",
    "called by main as well": "n = 0\n" + work("global n\nn += 1") + MAIN + START + "    work()\n    print(n)",
    "a cache": "n = None\ndef get():\n    global n\n    n = n or 5\n    return n\n"
    + work("get()")
    + MAIN
    + START
    + "    get()\n    print(n)",
    "a cache of a child": "n = {}\n" + work("n[x] = x * x\nreturn n[x]") + MAIN + "    print(Pool(2).map(work, [1]))",
    "a variable of its own": "n = []\n" + work("n = []\nn.append(1)") + MAIN + START + "    print(n)",
    "a parameter": "x = []\n" + work("x.append(1)") + MAIN + START + "    print(x)",
    "an initializer": "n = None\ndef init(a):\n    global n\n    n = a\n"
    + work("return n")
    + MAIN
    + "    with Pool(2, initializer=init, initargs=(1,)) as pool:\n        pool.map(work, [1])\n    print(n)",
    "threads": "n = []\n"
    + work("n.append(1)")
    + MAIN
    + "    with ThreadPoolExecutor() as executor:\n        executor.map(work, [1])\n    print(n)",
    "a full argument": work("x.sort()")
    + MAIN
    + "    n = [3, 1]\n    p = Process(target=work, args=(n,))\n    p.join()\n    print(n)",
    "an argument that main fills": work("x.append(1)")
    + MAIN
    + "    n = []\n    n.append(2)\n    p = Process(target=work, args=(n,))\n    p.join()\n    print(n)",
    "an argument that is replaced": work("x = []\nx.append(1)")
    + MAIN
    + "    n = []\n    p = Process(target=work, args=(n,))\n    p.join()\n    print(n)",
    "a variable of main": "n = 0\n"
    + work("global n\nn += 1")
    + "def main():\n    n = 3\n"
    + START
    + "    print(n)\nmain()",
    "a flag of the child": "n = False\ndef stop(*_):\n    global n\n    n = True\n"
    + work("signal(15, stop)\nwhile not n: sleep(1)")
    + MAIN
    + START,
    "a flag before start": "n = False\n"
    + work("while not n: sleep(1)")
    + MAIN
    + "    p = Process(target=work)\n    n = True\n    p.start()\n    p.join()",
    "a flag and terminate": "n = False\n"
    + work("while not n: sleep(1)")
    + MAIN
    + "    p = Process(target=work)\n    p.start()\n    n = True\n    p.terminate()",
    "no Python": "n = (",
    "set by globals()": "n = 0\n" + work("global n\nn += 1") + MAIN + START + "    globals()['n'] = 5\n    print(n)",
    "set by setattr()": "n = 0\n" + work("global n\nn += 1") + MAIN + START + "    setattr(me, 'n', 5)\n    print(n)",
    "set as an attribute": "n = 0\n" + work("global n\nn += 1") + MAIN + START + "    me.n = 5\n    print(n)",
    "set by except": "n = 0\n" + work("global n\nn += 1") + MAIN + START + "    try: f()\n    except E as n: print(n)",
    "set by an import": "n = 0\n" + work("global n\nn += 1") + MAIN + START + "    import json as n\n    print(n)",
    "set by match": "n = 0\n" + work("global n\nn += 1") + MAIN + START + "    match x:\n        case [n]: print(n)",
    "set by a child that starts another": "n = 0\n"
    + work("global n\nn += 1")
    + "def outer():\n    global n\n"
    + START
    + "    n = 5\n    print(n)\n"
    + MAIN
    + "    Process(target=outer).start()",
    "read before start": "n = 0\n"
    + work("global n\nn += 1")
    + MAIN
    + "    p = Process(target=work)\n    print(sep.join('ab'), os.path.join('a'), n)\n    p.start()\n    p.join()",
    "another pool": "n = []\n"
    + work("n.append(x)")
    + MAIN
    + "    with Pool() as pool: pool.map(work, 'ab')\n    serial.map(work, 'ab')\n    print(n)",
    "a pool or another one": "n = []\n"
    + work("n.append(x)")
    + "def go(pool):\n    pool.map(work, 'ab')\n    print(n)\n"
    + MAIN
    + "    with Pool() as pool: go(pool)\n    go(Serial())",
    "a pool of the program": "class Pool: pass\nn = []\n"
    + work("n.append(x)")
    + MAIN
    + "    pool = Pool()\n    pool.map(work, 'ab')\n    print(n)",
    "proxies in a dict": work("x['a'].append(1)")
    + MAIN
    + "    n = dict(a=manager.list())\n    p = Process(target=work, args=(n,))\n    p.join()\n    print(n['a'])",
    "proxies in a defaultdict": work("x['a'].append(1)")
    + MAIN
    + "    n = defaultdict(manager.list)\n    p = Process(target=work, args=(n,))\n    p.join()\n    print(n['a'])",
    "a container of the program": "class Counter: pass\n"
    + work("x.update(1)")
    + MAIN
    + "    n = Counter()\n    p = Process(target=work, args=(n,))\n    p.join()\n    print(n)",
    "a list that is another": "list = manager.list\nn = list()\n" + work("n.append(1)") + MAIN + START + "    print(n)",
    "arrays that are not of numpy": "import shared as np\nn = np.zeros(4)\n"
    + work("n[0] = 1")
    + MAIN
    + START
    + "    print(n)",
    "a parameter of a function in it": "def work(x):\n    def add(x): x.append(1)\n    add([])\n"
    + MAIN
    + "    n = []\n    p = Process(target=work, args=(n,))\n    p.start()\n    p.join()\n    print(n)",
    "a cache of a child that main shows": "n = {}\n"
    + work("if x not in n: n[x] = x\nreturn n[x]")
    + MAIN
    + "    with Pool() as pool: pool.map(work, 'ab')\n    print(len(n))",
    "a setting of a child": "n = False\n"
    + work("global n\nif x: n = True\nif n: print(x)")
    + MAIN
    + START
    + "    print(n)",
    "a flag in a loop that an exception ends": "n = False\n"
    + work("try:\n    while not n: conn.recv()\nexcept EOFError: pass")
    + MAIN
    + "    p = Process(target=work)\n    p.start()\n    n = True\n    p.join()",
    "a flag in a loop that ends the process": "n = False\ndef check(): sys.exit(0)\n"
    + work("while not n: check()")
    + MAIN
    + "    p = Process(target=work)\n    p.start()\n    n = True\n    p.join()",
}


@pytest.mark.parametrize("program", CORRECT)
def test_a_variable_that_is_used_as_it_should_be_is_not_found(program: str, tmp_path: Path) -> None:
    assert found(CORRECT[program], tmp_path) == []


@pytest.mark.parametrize(
    ("source", "is_private"),
    [
        ("n = 'main'\n" + work("global n\nn = 'child'\nprint(n)") + MAIN + START + "    print(n)", True),
        ("n = 0\n" + work("global n\nn += 1\nq.put(n)") + MAIN + START + "    print(n)", True),
        ("n = 0\n" + work("global n\nn += 1\nif n > 5: gc.collect()") + MAIN + START + "    print(n)", True),
        ("n = {'a': 1}\n" + work("n['a'] = 2\nrun(n['a'])") + MAIN + START + "    print(n['a'])", True),
        ("n = 0\n" + work("global n\nn += 1") + MAIN + START + "    assert n == 0", True),
        ("n = 0\n" + work("global n\nn += 1") + MAIN + START + "    assert n == 1", False),
        ("n = 0\n" + work("global n\nn += 1\nprint(f'child {n}')") + MAIN + START + "    print(n)", False),
        ("n = []\n" + work("n.append(1)\nlog.info('%s', len(n))") + MAIN + START + "    print(n)", False),
        ("n = {}\n" + work("n['a'] = n.get('a', 0) + 1") + MAIN + START + "    print(n)", False),
    ],
)
def test_a_variable_that_the_child_uses_may_be_meant_for_the_child(
    source: str, is_private: bool, tmp_path: Path
) -> None:
    script = tmp_path / "program.py"
    script.write_text(source)
    assert [candidate.private for candidate in unshared_changes(str(script))] == [is_private]


@pytest.mark.parametrize(
    ("body", "is_conditional"),
    [
        ("if x: n.append(1)", True),
        ("try: f()\nexcept E: n.append(1)", True),
        ("for i in x:\n    with lock: n.append(1)", False),
        ("if x: n.append(1)\nn.append(2)", False),
    ],
)
def test_a_change_under_a_condition_may_not_have_happened(body: str, is_conditional: bool, tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text("n = []\n" + work(body) + MAIN + START + "    print(n)")
    assert [candidate.conditional for candidate in unshared_changes(str(script))] == [is_conditional]


CLASS = "class W(Process):\n    def __init__(self):\n        self.n = {start}\n    def run(self):\n        {change}\n"
OTHER = "    def n_of(self): return self.n\n    def get(self): self.n = 7\n"
SOME = "ws = [W() for _ in 'ab']\nfor w in ws: w.join()\n"
RUN = "w = W()\nw.start()\nw.join()\n"


@pytest.mark.parametrize(
    ("source", "is_found"),
    [
        (CLASS.format(start="None", change="self.n = 5") + RUN + "print(w.n)", True),
        (CLASS.format(start="[]", change="self.n.append(5)") + RUN + "print(w.n)", True),
        (CLASS.format(start="0", change="self.n += 5") + SOME + "print(ws[0].n)", True),
        (CLASS.format(start="0", change="self.n += 5") + SOME + "print(sum(w.n for w in ws))", True),
        (CLASS.format(start="0", change="self.n += 5") + OTHER.splitlines()[0] + "\n" + RUN + "print(w.n_of())", True),
        (CLASS.format(start="0", change="self.n += 5") + OTHER + RUN + "print(w.n)", False),
        (CLASS.format(start="0", change="self.n = 5") + RUN, False),
        (CLASS.format(start="0", change="self.n = 5") + "w = W()\nprint(w.n)\nw.join()", False),
        (CLASS.format(start="0", change="self.n = 5") + RUN + "w.n = 3\nprint(w.n)", False),
        (CLASS.format(start="0", change="self.n = 5") + "w = W()\nw.run()\nw.join()\nprint(w.n)", False),
        (CLASS.format(start="Value('i')", change="self.n.value = 5") + RUN + "print(w.n.value)", False),
        (CLASS.format(start="Queue()", change="self.n = 5") + RUN + "print(w.n)", False),
        (CLASS.format(start="0", change="self.n = 5") + "t = Thread()\nt.join()\nprint(t.n)", False),
        (CLASS.format(start="0", change="self.n = 5").replace("Process", "Thread") + RUN + "print(w.n)", False),
        (CLASS.format(start="0", change="self.name = 'x'") + RUN + "print(w.name)", False),
        (CLASS.format(start="0", change="self.n = 5") + RUN + "setattr(w, 'n', 5)\nprint(w.n)", False),
        (CLASS.format(start="0", change="self.n = 5") + RUN + "vars(w).update(n=5)\nprint(w.n)", False),
        (CLASS.format(start="0", change="self.f()\n    def f(self): self.n = 5") + RUN + "w.f()\nprint(w.n)", False),
        (CLASS.format(start="0", change="self.n = 5\n    def f(self): self.run()") + RUN + "w.f()\nprint(w.n)", False),
        (CLASS.format(start="0", change="self.n = 5\n    def __getattr__(self, n): 0") + RUN + "print(w.n)", False),
        ("class OwnProcess(Process): 0\n"
         + CLASS.format(start="0", change="self.n = 5").replace("(Process", "(OwnProcess") + RUN + "print(w.n)", False),
    ],
)  # fmt: skip
def test_an_attribute_that_run_changes_and_the_parent_reads_is_found(
    source: str, is_found: bool, tmp_path: Path
) -> None:
    assert [name for _, name, _, _ in found(source, tmp_path)] == (["W.n"] if is_found else [])


STATE = """\
counter = 0
seen = {}

def count(n):
    global counter
    counter += 1
    seen[n] = True

def reset():
    global counter
    counter = 0
"""
BY_MODULE = "import state\n" + work("state.count(x)") + MAIN + START + "    print(state.counter)"
BY_NAME = "from state import count, seen\n" + work("count(x)") + MAIN + START + "    print(len(seen))"
TARGET = "import state as s\n" + MAIN + START.replace("=work", "=s.count") + "    print(s.seen)"


@pytest.mark.parametrize(
    ("source", "name", "line"),
    [(BY_MODULE, "state.counter", 6), (BY_NAME, "state.seen", 7), (TARGET, "state.seen", 7)],
    ids=["by module", "by name", "as target"],
)
def test_a_global_of_an_imported_module_is_found(source: str, name: str, line: int, tmp_path: Path) -> None:
    (tmp_path / "state.py").write_text(STATE)
    script = tmp_path / "program.py"
    script.write_text(source)
    (candidate,) = unshared_changes(str(script))
    assert (candidate.name, candidate.change) == (name, Site(str(tmp_path / "state.py"), line))
    assert candidate.read.path == str(script)


@pytest.mark.parametrize(
    ("source", "other"),
    [
        (BY_MODULE, "import state"),
        (BY_MODULE, "def f():\n    from state import reset"),
        (BY_MODULE + "\n    state.reset()", ""),
        (BY_MODULE + "\n    state.counter = 3", ""),
        (BY_MODULE + "\n    use(state)", ""),
        (BY_MODULE.replace("import state", "import state\nimport threading\nthreading.Thread(target=state.count)"), ""),
        (BY_NAME.replace("count, seen", "*"), ""),
        ("from state import counter\n" + BY_MODULE.replace("print(state.counter)", "print(counter)"), ""),
        (BY_MODULE.replace("print(state.counter)", "setattr(state, 'counter', 3)"), ""),
    ],
)
def test_a_global_of_a_module_that_others_may_change_is_not_found(source: str, other: str, tmp_path: Path) -> None:
    (tmp_path / "state.py").write_text(STATE)
    (tmp_path / "other.py").write_text(other)
    script = tmp_path / "program.py"
    script.write_text(source)
    assert unshared_changes(str(script)) == ()


@pytest.mark.parametrize("what", ["many files", "a pipe"])
def test_a_folder_that_cannot_be_searched_is_skipped(what: str, tmp_path: Path) -> None:
    """The folder may be a home directory, or contain a named pipe, whose reading would wait for a writer."""
    (tmp_path / "state.py").write_text(STATE)
    script = tmp_path / "program.py"
    script.write_text(BY_MODULE)
    assert unshared_changes(str(script))
    script.write_text(BY_MODULE + "\n")  # what was found before is kept for an unchanged file
    if what == "a pipe":
        os.mkfifo(tmp_path / "pipe.py")
    else:
        (folder := tmp_path / "data").mkdir()
        for number in range(5_001):
            (folder / f"{number}.txt").touch()
    assert unshared_changes(str(script)) == ()
