"""One worker is handed the queue, another one has it in its closure and is slow."""

import multiprocessing as mp
import time


def quick(results):
    results.put(1)


def main():
    context = mp.get_context("fork")
    results = context.Queue()

    def slow():
        time.sleep(7)
        results.put(2)

    processes = [context.Process(target=quick, args=(results,)), context.Process(target=slow)]
    for process in processes:
        process.start()
    print(results.get() + results.get())
    for process in processes:
        process.join()


if __name__ == "__main__":
    main()
