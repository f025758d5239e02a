"""Dialogs that open over a screen and return a result."""
