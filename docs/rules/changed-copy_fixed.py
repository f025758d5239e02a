"""The list in the dict is an object of the manager as well."""

from multiprocessing import Manager, Process


def register(groups, name):
    groups["all"].append(name)


if __name__ == "__main__":
    with Manager() as manager:
        groups = manager.dict({"all": manager.list()})
        process = Process(target=register, args=(groups, "anna"))
        process.start()
        process.join()
        print(list(groups["all"]))
