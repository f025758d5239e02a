"""The memory of a Pool's worker after many operations, in kB: its own, its share of what is shared, and in journals."""

import json
import multiprocessing as mp
import sys
from pathlib import Path

LOOKS = 20
BATCH = 100


def prepare(*shared):
    global lock, value, queue
    lock, value, queue = shared


def memory():
    """Read our own memory in kB: private pages, proportional size, and pages of journals."""
    own = share = journals = 0
    journal = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name.startswith("Private_"):
            own += int(rest.split()[0])
        elif name == "Pss":
            share += int(rest.split()[0])
        elif name == "Rss" and journal:
            journals += int(rest.split()[0])
        elif "-" in name.partition(" ")[0]:
            journal = ".journal" in line
    return {"own": own, "share": share, "journals": journals}


def work(operations):
    """Use a lock, a value and a queue, and look at the memory now and then. Returns the looks."""
    looks = [memory()]
    for number in range(operations // 4):
        with lock:
            pass
        value.value += 1
        queue.put(number)
        queue.get()
        if number % (operations // 4 // LOOKS) == 0:
            looks.append(memory())
    return [*looks, memory()]


if __name__ == "__main__":
    operations = int(sys.argv[1])
    mp.set_start_method(sys.argv[2])
    with mp.Pool(1, prepare, (mp.Lock(), mp.Value("l", lock=False), mp.SimpleQueue())) as pool:
        # Many small tasks, as a worker of some minutes has, and then one that looks at its memory.
        for _ in pool.imap_unordered(abs, range(operations // BATCH)):
            pass
        print(json.dumps(pool.apply(work, (operations,))))
