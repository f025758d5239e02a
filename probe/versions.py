"""Lists the versions of CPython on which the probe is tested: the one place that tests, reports and documents use."""

TESTED = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15")
OLDEST, NEWEST = TESTED[0], TESTED[-1]


def is_tested(version: str) -> bool:
    """Tell whether a version such as "3.14.1" belongs to a tested one. Others work as far as the taps fit them."""
    return ".".join(version.split(".")[:2]) in TESTED
