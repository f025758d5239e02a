# /// script
# requires-python = ">=3.8"
# [tool.rockproc]
# title = "A pipeline of workers"
# group = "communicate"
# order = 230
# [[tool.rockproc.try]]
# do = "Follow one dish through the three queues, in Messages (3). Which cook gets the most orders?"
# see = {channel = "plates", min_got = 9}
# [[tool.rockproc.try]]
# do = "Run again and freeze the waiter (z). In which queue do the dishes pile up?"
# see = {channel = "plates", min_depth = 4}
# [[tool.rockproc.try]]
# do = "Run again and terminate cook-2 while it cooks. Its order is never finished: what does main wait for?"
# see = {process = "cook-2", signal = "SIGTERM", finding = "tasks-not-done"}
# ///
"""Three queues, three stages: main orders, three cooks cook, a waiter serves, and main gets the bills.

No process decides which cook gets which order. A cook that is free takes the next one, so a slow dish delays one cook
and not the kitchen.

`orders` is a **JoinableQueue**: it counts what was put and what was reported as done by `task_done()`, and its
`join()` waits until both are equal. That tells main that the cooking is over, not only that the queue is empty.
Then one None for each cook tells it to end, and one None in `plates` the waiter.
"""

import time
from multiprocessing import JoinableQueue, Process, Queue, SimpleQueue, current_process

MENU = {"soup": 0.9, "salad": 0.7, "roast": 2.5}  # seconds


def cook(orders, plates):
    name = current_process().name
    for table, dish in iter(orders.get, None):
        print(f"{name}: {dish} for table {table}")
        time.sleep(MENU[dish])
        plates.put((table, dish, name))
        orders.task_done()
    print(f"{name}: the kitchen is closed")


def serve(plates, bills):
    for table, dish, made_by in iter(plates.get, None):
        print(f"waiter: {dish} by {made_by} goes to table {table}")
        time.sleep(0.7)
        bills.put((table, dish))
    print("waiter: all are served")


if __name__ == "__main__":
    orders = JoinableQueue()
    plates = Queue()
    bills = SimpleQueue()  # a bare pipe with locks: no thread behind put(), no time-outs, no join()

    cooks = [Process(target=cook, args=(orders, plates), name=f"cook-{number}") for number in (1, 2, 3)]
    waiter = Process(target=serve, args=(plates, bills), name="waiter")
    for process in [*cooks, waiter]:
        process.start()

    for table in (1, 2, 3):
        for dish in MENU:
            orders.put((table, dish))
            time.sleep(0.3)
    orders.join()
    print("main: every order is cooked")

    for _ in cooks:
        orders.put(None)
    for process in cooks:
        process.join()
    plates.put(None)  # only now, behind the last plate
    paid = [bills.get() for _ in range(9)]
    waiter.join()
    print(f"main: {len(paid)} bills, the last for {paid[-1]}")
