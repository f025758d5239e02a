"""Main waits for the end of its worker, which asks whether there is a job, again and again, and has no end."""

import time
from multiprocessing import Process, Queue


class Worker(Process):
    def __init__(self, jobs):
        super().__init__()
        self.jobs = jobs

    def run(self):
        while True:
            if not self.jobs.empty():
                print(self.jobs.get())
            time.sleep(0.05)


if __name__ == "__main__":
    jobs = Queue()
    for number in range(3):
        jobs.put(number)
    worker = Worker(jobs)
    worker.start()
    worker.join()
