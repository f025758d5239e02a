"""Problems that can be proved or strongly suspected from a world."""

from .registry import RULES, rule_named
from .rule import Facts, Rule
from .tracker import FindingTracker

__all__ = ["RULES", "Facts", "FindingTracker", "Rule", "rule_named"]
