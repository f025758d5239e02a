"""The lock is handed to every child."""

import multiprocessing
import time


def deposit(balance, lock):
    for _ in range(50):
        with lock:
            old = balance.value
            time.sleep(0.001)
            balance.value = old + 1


def main():
    context = multiprocessing.get_context("spawn")
    lock = context.Lock()
    balance = context.Value("i", 0)
    processes = [context.Process(target=deposit, args=(balance, lock)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    print("balance", balance.value, "should be 150")


if __name__ == "__main__":
    main()
