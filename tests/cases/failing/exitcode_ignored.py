"""One export process fails; main says done and exits 0."""

from multiprocessing import Manager, Process


def export(part, done):
    if part == 2:
        open("/nonexistent/folder/part2")
    done.append(part)


def main():
    with Manager() as manager:
        done = manager.list()
        processes = [Process(target=export, args=(part, done)) for part in range(4)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        print("all done:", len(done), "of 4")


if __name__ == "__main__":
    main()
