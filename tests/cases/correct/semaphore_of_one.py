"""A semaphore with one permit guards an item of an Array; a Condition counts the rest."""

from multiprocessing import Array, Condition, Process, Semaphore


def add(table, permit, changed):
    for _ in range(200):
        permit.acquire()
        table[0] = table[0] + 1
        permit.release()
        with changed:
            table[1] += 1
            changed.notify_all()


if __name__ == "__main__":
    table, permit, changed = Array("q", 2), Semaphore(1), Condition()
    processes = [Process(target=add, args=(table, permit, changed)) for _ in range(3)]
    for process in processes:
        process.start()
    with changed:
        changed.wait_for(lambda: table[1] == 600)
    for process in processes:
        process.join()
    assert table[:] == [600, 600]
