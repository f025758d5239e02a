"""A process appends to a list in the dict of a manager: to a copy of the list."""

from multiprocessing import Manager, Process


def register(groups, name):
    groups["all"].append(name)


if __name__ == "__main__":
    with Manager() as manager:
        groups = manager.dict({"all": []})
        process = Process(target=register, args=(groups, "anna"))
        process.start()
        process.join()
        print(groups["all"])
