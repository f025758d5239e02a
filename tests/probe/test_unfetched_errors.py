"""Tasks that fail must cause a warning if their results are never requested, and none otherwise."""

from __future__ import annotations

import textwrap

import pytest
from rockproc.observer.model import Finding, Severity, Snapshot

from tests.probe.conftest import CURRENT, See, edges

_BEGIN = """\
import asyncio
import multiprocessing as mp
from concurrent.futures import ProcessPoolExecutor, as_completed, wait

def work(number):
    return {}[number]

"""


def unfetched(snapshot: Snapshot) -> list[Finding]:
    return [finding for finding in snapshot.findings if finding.rule == "errors-never-fetched"]


NEVER = {
    "an executor": """
        if __name__ == "__main__":
            with ProcessPoolExecutor(1) as executor:
                wait([executor.submit(work, number) for number in range(3)])
        """,
    "a Pool": """
        if __name__ == "__main__":
            pool = mp.Pool(1)
            for number in range(3):
                pool.apply_async(work, (number,))
            pool.close()
            pool.join()
        """,
}
ASKED = {
    "exception": """
        if __name__ == "__main__":
            with ProcessPoolExecutor(1) as executor:
                for future in as_completed([executor.submit(work, number) for number in range(3)]):
                    assert future.exception() is not None
        """,
    "callback": """
        if __name__ == "__main__":
            with ProcessPoolExecutor(1) as executor:
                executor.submit(work, 1).add_done_callback(lambda future: print(future.exception()))
        """,
    "error_callback": """
        if __name__ == "__main__":
            pool = mp.Pool(1)
            pool.apply_async(work, (1,), error_callback=print)
            pool.close()
            pool.join()
        """,
    "get": """
        if __name__ == "__main__":
            with mp.Pool(1) as pool:
                try:
                    pool.map(work, range(3))
                except KeyError:
                    pass
        """,
    "next, later": """
        if __name__ == "__main__":
            pool = mp.Pool(1)
            results = pool.imap(work, [1])
            pool.close()
            pool.join()
            try:
                next(results)
            except KeyError:
                pass
        """,
    "asyncio": """
        async def main():
            with ProcessPoolExecutor(1) as executor:
                await asyncio.gather(
                    asyncio.get_running_loop().run_in_executor(executor, work, 1), return_exceptions=True
                )

        if __name__ == "__main__":
            asyncio.run(main())
        """,
}


@pytest.mark.parametrize("version", edges(0))
@pytest.mark.parametrize("name", NEVER)
def test_failures_that_nobody_asks_for_are_a_warning(name: str, version: str, see: See) -> None:
    (found,) = unfetched(see(version, _BEGIN + textwrap.dedent(NEVER[name])).end())
    assert found.severity is Severity.WARNING
    assert found.message.startswith("3 of 3 tasks of ")
    assert "KeyError: " in found.message


@pytest.mark.parametrize("name", ASKED)
def test_failures_that_somebody_asks_for_are_not_mentioned(name: str, see: See) -> None:
    seen = see(CURRENT, _BEGIN + textwrap.dedent(ASKED[name]))
    snapshot = seen.end()
    assert snapshot.main is not None
    assert snapshot.main.exitcode == 0, seen.output()
    assert unfetched(snapshot) == []
