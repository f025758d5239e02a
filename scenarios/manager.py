# /// script
# requires-python = ">=3.8"
# [tool.rockproc]
# title = "Manager"
# group = "share"
# order = 330
# [[tool.rockproc.try]]
# do = "Find SyncManager-1, a process that the program did not define. All shared objects live in it."
# see = {process = "SyncManager-1"}
# [[tool.rockproc.try]]
# do = "Run again and freeze SyncManager-1. Which processes still make progress? Let it continue (z)."
# see = {process = "SyncManager-1", state = "stopped"}
# [[tool.rockproc.try]]
# do = "Run again and kill SyncManager-1. All shared objects are gone: a process that uses one gets an error."
# see = {process = "SyncManager-1", signal = "SIGKILL"}
# ///
"""Any Python object, shared: by asking the process that has it.

`Manager()` starts a server process. `manager.dict()` makes a dict *there* and hands out a **proxy**; each call of a
proxy's method is a message to the server and a message back. That is a good deal slower than a Value, and it
works for objects of every size and kind: dicts, lists, namespaces, locks, events, queues.

A proxy sees only its own methods. Changing a list *inside* a shared dict changes a copy: assign it again.
"""

import time
from multiprocessing import Manager, Process


def fill(stock, notes, settings, total, week):
    for day, fruit in enumerate(["apple", "pear", "plum"]):
        stock[fruit] = 10 * (day + 1)
        notes.append(f"{fruit} came on day {day}")
        week[day] = stock[fruit]
        total.value += stock[fruit]
        settings.last = fruit
        print(f"filler: {fruit} is in stock, {total.value} in all")
        time.sleep(0.5)


def take_turns(name, lock, rlock, seats, tickets, letters):
    with lock:
        print(f"{name}: I have the lock")
        time.sleep(0.4)
    with rlock, rlock:
        print(f"{name}: I have the rlock twice")
        time.sleep(0.4)
    with seats, tickets:
        print(f"{name}: I have a seat and a ticket")
        time.sleep(0.4)
    letters.put(f"greetings from {name}")


def answer(opened, ready, letters, notes):
    opened.wait()
    print("listener: main has opened")
    for _ in range(2):
        notes.append(letters.get())
    with ready:
        ready.notify()
    print("listener: two letters are in the notes")


if __name__ == "__main__":
    with Manager() as manager:
        stock, notes, settings = manager.dict(), manager.list(), manager.Namespace()
        total, week = manager.Value("i", 0), manager.Array("i", [0, 0, 0])
        lock, rlock = manager.Lock(), manager.RLock()
        seats, tickets = manager.Semaphore(2), manager.BoundedSemaphore(1)
        opened, ready, letters = manager.Event(), manager.Condition(), manager.Queue()

        filler = Process(target=fill, args=(stock, notes, settings, total, week), name="filler")
        listener = Process(target=answer, args=(opened, ready, letters, notes), name="listener")
        turns = (lock, rlock, seats, tickets, letters)
        guests = [Process(target=take_turns, args=(name, *turns), name=name) for name in ("guest-1", "guest-2")]

        filler.start()
        filler.join()
        print(f"main: {stock}, last was {settings.last}, week {list(week)}")
        listener.start()
        time.sleep(1)
        with ready:  # held from before the opening, so that the notify cannot come too early
            opened.set()
            for guest in guests:
                guest.start()
            ready.wait()
        for process in [*guests, listener]:
            process.join()
        print(f"main: the notes say {list(notes)}")
        time.sleep(0.5)
    print("main: the manager is shut down, and its objects with it")
