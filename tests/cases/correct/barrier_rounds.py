"""Three processes meet at a Barrier, and only one of them writes in each round."""

from multiprocessing import Barrier, Process, Value


def run(number, total, meet):
    for turn in range(30):
        meet.wait()
        if turn % 3 == number:
            total.value += 1
        meet.wait()


if __name__ == "__main__":
    total, meet = Value("i", 0), Barrier(3)
    processes = [Process(target=run, args=(number, total, meet)) for number in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert total.value == 30
