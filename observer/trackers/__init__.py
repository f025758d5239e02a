"""Turns records of journals and data of the kernel into the model, one file per kind of object."""
