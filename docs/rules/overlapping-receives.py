"""Two workers receive at the same end of a Pipe."""

import time
from multiprocessing import Pipe, Process


def work(receiver):
    while receiver.recv() is not None:
        pass


if __name__ == "__main__":
    receiver, sender = Pipe(duplex=False)
    workers = [Process(target=work, args=(receiver,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    time.sleep(2)
    for _ in workers:
        sender.send(None)
        time.sleep(1)
    for worker in workers:
        worker.join()
