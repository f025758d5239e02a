"""The holder of an RLock waits for an item, which main puts only after it has acquired the lock."""

from multiprocessing import Event, Process, Queue, RLock


def work(lock, held, jobs):
    with lock:
        held.set()
        print(jobs.get())


if __name__ == "__main__":
    lock, held, jobs = RLock(), Event(), Queue()
    process = Process(target=work, args=(lock, held, jobs))
    process.start()
    held.wait()
    while True:
        if lock.acquire(timeout=0.2):
            break
        print("busy")
    jobs.put("one")
    lock.release()
    process.join()
