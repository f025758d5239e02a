"""Copies and pickles connections by other ways than that of multiprocessing, and asks what can be called how."""

import copy
import inspect
import multiprocessing
import pickle

if __name__ == "__main__":
    one, other = multiprocessing.Pipe()
    one.send(1)
    other.recv()
    again = [pickle.loads(pickle.dumps(one, protocol)) for protocol in range(5)]
    again += [copy.copy(one), copy.deepcopy(one)]
    for copied in again:
        copied.send(2)
        print(type(copied), copied.fileno() == one.fileno(), other.recv())
        copied._handle = None
    try:
        print(inspect.signature(multiprocessing.Lock().release))
    except ValueError:
        print("tells no signature")
