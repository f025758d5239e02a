"""Two processes take two locks in the same order."""

import time
from multiprocessing import Lock, Process


def deposit(accounts, journal):
    with accounts:
        with journal:
            print("deposited", flush=True)


def audit(accounts, journal):
    time.sleep(0.5)
    with accounts:
        with journal:
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
