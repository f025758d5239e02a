# /// script
# requires-python = ">=3.8"
# [tool.rockproc]
# title = "A Pool and its tasks"
# group = "scale"
# order = 530
# [[tool.rockproc.try]]
# do = "Which worker bakes which cake? P shows it. map() submits its eight cakes in chunks of two."
# see = {pool = "pool", min_done = 8}
# [[tool.rockproc.try]]
# do = "Watch a worker end after three tasks, and another one replace it. What counts as one task here?"
# see = {pool = "pool", min_workers = 4}
# [[tool.rockproc.try]]
# do = "Run again and kill a worker while it bakes. The pool replaces it at once: why does main wait forever?"
# see = {finding = "task-lost"}
# ///
"""Four ways to give work to a Pool, and how the results come back.

- `map` blocks until all is done, and gives the results in order. It hands out its items in **chunks**: one message to
  a worker for several calls.
- `imap` gives each result as soon as it is its turn; `imap_unordered` as soon as it is there.
- `apply_async` asks for one call and does not wait. Its **callback** gets the result, or another one the exception:
  both run in a thread of *this* process, and while they run no other result comes in.

With `maxtasksperchild=3` a worker ends after three chunks, and another one replaces it. The memory that it has used is
free again.

A Pool does not ask what a worker that was killed was doing. It starts another one, and the tasks of the first are lost:
they are never done, and no error says so. `get(timeout=…)` is the only way not to wait forever.
"""

import time
from multiprocessing import Pool, current_process

CAKES = ("apple", "cherry", "lemon", "nut", "plum", "poppy", "rhubarb", "cheese")


def bake(cake):
    if cake == "stone":
        time.sleep(0.3)  # main prints meanwhile, and a thread of it prints the excuse
        raise ValueError(f"nobody can eat a {cake} cake")
    name = current_process().name
    print(f"{name}: the {cake} cake is in the oven")
    time.sleep(0.9)
    return f"{cake} cake, by {name}"


def deliver(cake):
    print(f"main: delivered: {cake}")


def apologise(error):
    print(f"main: I am sorry: {error}")


if __name__ == "__main__":
    with Pool(2, maxtasksperchild=3) as pool:
        print("main: map, which waits for the last of them")
        for cake in pool.map(bake, CAKES, chunksize=2):
            print(f"main: {cake}")

        print("main: imap, one after the other")
        for cake in pool.imap(bake, CAKES[:4]):
            print(f"main: {cake}")

        print("main: apply_async, which calls back")
        orders = [pool.apply_async(bake, (cake,), {}, deliver, apologise) for cake in ("birthday", "stone", "wedding")]
        print("main: I have ordered, and could do something else now")
        for order in orders:
            order.wait()

        pool.close()  # no more orders: the workers may end
        pool.join()
