"""Items of managed objects are changed where that works: stored back, lists of the manager, and lists of the process."""

from multiprocessing import Manager, Process


def register(groups, lists, names, name):
    group = groups["all"]
    group.append(name)
    groups["all"] = group
    lists["all"].append(name)
    lists["all"][0] = name
    local = {"all": [], "b": {}}
    local["all"].append(groups["all"])
    local["all"].extend(names)
    local["all"][0] = groups["all"]
    local["b"].update(groups)
    print(local["all"].pop(), groups["all"].index(name))


def main():
    with Manager() as manager:
        groups = manager.dict({"all": [], "b": []})
        lists = manager.dict({"all": manager.list(["first"])})
        names = manager.list(["x", "y"])
        for name in ("anna", "bert", "bill"):
            process = Process(target=register, args=(groups, lists, names, name))
            process.start()
            process.join()
        print(len(groups["all"]), "registered")


if __name__ == "__main__":
    main()
