"""Consolidation: a closed session becomes memories, step by step, each done once however often it is asked for."""

from memory.consolidation.steps import run

__all__ = ["run"]
