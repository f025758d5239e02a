"""A module gets what it has put while it is imported: the feeder thread needs the module, and waits for the import."""

import multiprocessing


class Setting:
    def __init__(self, number):
        self.number = number


if __name__ == "__main__":
    import queue_at_import  # this file, under its name as a module
else:
    settings = multiprocessing.Queue()
    settings.put(Setting(3))
    print(settings.get().number)
