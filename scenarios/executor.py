# /// script
# requires-python = ">=3.8"
# [tool.rockproc]
# title = "An executor and its futures"
# group = "scale"
# order = 540
# [[tool.rockproc.try]]
# do = "Six futures and two workers: which are running, and which wait? P shows it. In what order do they complete?"
# see = {pool = "executor", min_done = 5}
# [[tool.rockproc.try]]
# do = "The marsh fails in its worker. Where does the exception come out, and does the worker go on living?"
# see = {pool = "executor", min_failed = 1}
# [[tool.rockproc.try]]
# do = "Run again and kill a worker while it counts. What does each of the other futures say? How does a Pool differ?"
# see = {finding = "executor-broken"}
# ///
"""`ProcessPoolExecutor` gives a **Future** for each call: a receipt, by which the result can be fetched later.

`submit` returns at once. A future is pending until a worker takes its task, then running, then finished: with a result
or with an exception, and `result()` returns the one or raises the other. `as_completed` yields futures in the order in
which they finish; `map` gives results in the order in which they were asked for.

What sets it apart from a `Pool`: it watches its workers. When one ends abruptly the executor is *broken*: every future
that is not finished raises `BrokenProcessPool` at once. That is better than waiting forever. Write tasks so that they
can be submitted again, to another executor.
"""

import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import current_process

PLACES = {"meadow": 1.0, "forest": 3.0, "marsh": 0.6, "heath": 1.5, "gorge": 2.0, "shore": 1.0}


def count(place, days):
    print(f"{current_process().name}: I count the birds of the {place}")
    time.sleep(days)
    if place == "marsh":
        raise RuntimeError("my boots are full of water")
    return int(days * 100)


if __name__ == "__main__":
    with ProcessPoolExecutor(2) as executor:
        futures = {executor.submit(count, place, days): place for place, days in PLACES.items()}
        print(f"main: I have {len(futures)} futures, and no result yet")
        time.sleep(0.5)
        for future in as_completed(futures):
            place = futures[future]
            try:
                print(f"main: the {place} has {future.result()} birds")
            except RuntimeError as error:
                # BrokenProcessPool is a RuntimeError as well
                lost = isinstance(error, BrokenProcessPool)
                print(f"main: nobody will ever count the {place}" if lost else f"main: the {place}: {error}")
