"""The uncaught exceptions of children."""

from __future__ import annotations

from tests.probe.conftest import See
from tests.probe.sees.found import ALL, process

PROGRAM = """
    import json
    import multiprocessing as mp
    import sys

    def caller():
        print("called by", sys._getframe(2).f_code.co_filename.rpartition("/")[2], flush=True)

    class Item:
        def __repr__(self):
            caller()
            return "item"

    class Own(Exception):
        def __str__(self):
            caller()
            return "own"

    def missing():
        {}["b"]  # missing

    def file():
        open("/no/such/file")

    def module():
        import no_such_module

    def bytes_():
        bytes(range(128, 255)).decode()

    def own():
        raise Own("x", 3)

    def item():
        raise ValueError(Item())

    def library():
        json.loads("{")  # library

    def long():
        raise RuntimeError("x" * 100_000)

    def exits():
        sys.exit("no exception")

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        for target in (missing, file, module, bytes_, own, item, library, long, exits):
            child = mp.Process(target=target, name=target.__name__)
            child.start()
            child.join()
        print("end", flush=True)
"""


@ALL
def test_an_uncaught_exception_is_known_without_calling_code_of_the_program(
    see: See, version: str, method: str
) -> None:
    seen = see(version, PROGRAM, method)
    snapshot = seen.end()
    assert process(snapshot, "missing").error == "KeyError: 'b'"
    assert process(snapshot, "own").error == "Own('x', 3)"
    assert process(snapshot, "item").error == "ValueError(Item)"
    assert process(snapshot, "file").error == "FileNotFoundError: [Errno 2] No such file or directory: '/no/such/file'"
    assert process(snapshot, "module").error == "ModuleNotFoundError: No module named 'no_such_module'"
    assert process(snapshot, "bytes_").error.startswith("UnicodeDecodeError: 'utf-8' codec can't decode byte 0x80 in")
    assert process(snapshot, "library").error.startswith("JSONDecodeError: Expecting property name")
    assert process(snapshot, "long").error.startswith("RuntimeError('xxx")
    assert len(process(snapshot, "long").error) < 400
    assert process(snapshot, "exits").error == "SystemExit: no exception"
    for name in ("missing", "library"):
        site = process(snapshot, name).error_site
        assert site is not None
        assert site.line == seen.line(name)
    callers = {line for line in seen.output().splitlines() if line.startswith("called by")}
    assert callers == {"called by traceback.py"}
