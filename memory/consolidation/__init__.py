"""Consolidation: a closed session becomes memories, step by step, each done once however often it is asked for."""

from memory.consolidation.periods import run as sum_up
from memory.consolidation.steps import run

__all__ = ["run", "sum_up"]
