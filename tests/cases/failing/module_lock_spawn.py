"""The lock is made at module level: under spawn every child has its own."""

import multiprocessing
import time

lock = multiprocessing.Lock()


def deposit(balance):
    for _ in range(50):
        with lock:
            old = balance.value
            time.sleep(0.001)
            balance.value = old + 1


def main():
    context = multiprocessing.get_context("spawn")
    balance = context.Value("i", 0)
    processes = [context.Process(target=deposit, args=(balance,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    print("balance", balance.value, "should be 150")


if __name__ == "__main__":
    main()
