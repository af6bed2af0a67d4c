"""Everything that is kept of a person."""

from memory.models.dialogue import Companion, Conversation, Reply, Session, Speaker, Turn
from memory.models.key import Collection, Key, Lexicon
from memory.models.recall import Recall, Recalled
from memory.models.trace import Memory, Source, Step

__all__ = [
    "Collection",
    "Companion",
    "Conversation",
    "Key",
    "Lexicon",
    "Memory",
    "Recall",
    "Recalled",
    "Reply",
    "Session",
    "Source",
    "Speaker",
    "Step",
    "Turn",
]
