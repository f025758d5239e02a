"""Two processes acquire the same two locks in opposite order, this time at different moments."""

import time
from multiprocessing import Lock, Process


def deposit(account, journal):
    time.sleep(0.5)
    with account:
        with journal:
            print("deposited")


def audit(account, journal):
    time.sleep(2)
    with journal:
        with account:
            print("audited")


if __name__ == "__main__":
    account, journal = Lock(), Lock()
    processes = [Process(target=work, args=(account, journal)) for work in (deposit, audit)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
