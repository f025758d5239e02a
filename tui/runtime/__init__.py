"""The relation of the app to its interpreter and terminal: imports, garbage collection, size, termination."""
