"""Turns values of the model into text and colours."""
