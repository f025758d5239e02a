"""Two processes take two locks in opposite order, and this time not at the same moment."""

import time
from multiprocessing import Lock, Process


def deposit(accounts, journal):
    time.sleep(0.5)
    with accounts:
        with journal:
            print("deposited", flush=True)


def audit(accounts, journal):
    time.sleep(1)
    with journal:
        with accounts:
            print("audited", flush=True)


def main():
    accounts, journal = Lock(), Lock()
    processes = [Process(target=target, args=(accounts, journal)) for target in (deposit, audit)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()


if __name__ == "__main__":
    main()
