"""Workers append to lists in a dict of a manager, and the lists stay empty."""

from multiprocessing import Manager, Process


def register(groups, name):
    groups["all"].append(name)
    if name.startswith("b"):
        groups["b"].append(name)


def main():
    with Manager() as manager:
        groups = manager.dict({"all": [], "b": []})
        processes = [Process(target=register, args=(groups, name)) for name in ("anna", "bert", "bill")]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        print(len(groups["all"]), "registered")


if __name__ == "__main__":
    main()
