"""Problems that can be proved or strongly suspected from a world."""

from .registry import own_rules, rule_named
from .rule import Facts, Rule
from .tracker import FindingTracker

__all__ = ["Facts", "FindingTracker", "Rule", "own_rules", "rule_named"]
