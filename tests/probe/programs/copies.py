"""Copies and pickles connections by other ways than that of multiprocessing, and asks what can be called how."""

import copy
import inspect
import multiprocessing
import pickle

if __name__ == "__main__":
    one, other = multiprocessing.Pipe()
    print([len(pickle.dumps(one, protocol)) for protocol in range(5)])
    one.send(1)
    other.recv()
    print([len(pickle.dumps(one, protocol)) for protocol in range(5)])
    twin = copy.copy(one)
    again = pickle.loads(pickle.dumps(other))
    print(twin.fileno() == one.fileno(), sorted(vars(again)))
    twin._handle = again._handle = None
    try:
        print(inspect.signature(multiprocessing.Lock().release))
    except ValueError:
        print("tells no signature")
