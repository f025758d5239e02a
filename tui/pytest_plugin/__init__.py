"""The pytest plugin: `pytest --rockproc` runs the session under observation and fails tests that hang."""
