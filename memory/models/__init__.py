"""Everything that is kept of a person."""

from memory.models.brought import Brought
from memory.models.correction import Correction
from memory.models.dialogue import Companion, Conversation, Reply, Session, Speaker, Turn
from memory.models.erasure import Erasure, Tombstone
from memory.models.imports import Import
from memory.models.key import Collection, Key, Lexicon
from memory.models.link import Link
from memory.models.period import Period
from memory.models.policy import HousePolicy, PersonPolicy
from memory.models.portrait import PortraitEvidence, PortraitLine
from memory.models.preference import Fading, Matter, Preference
from memory.models.recall import Recall, Recalled
from memory.models.request import Request
from memory.models.trace import Memory, Source, Step

__all__ = [
    "Brought",
    "Collection",
    "Companion",
    "Conversation",
    "Correction",
    "Erasure",
    "Fading",
    "HousePolicy",
    "Import",
    "Key",
    "Lexicon",
    "Link",
    "Matter",
    "Memory",
    "Period",
    "PersonPolicy",
    "PortraitEvidence",
    "PortraitLine",
    "Preference",
    "Recall",
    "Recalled",
    "Reply",
    "Request",
    "Session",
    "Source",
    "Speaker",
    "Step",
    "Tombstone",
    "Turn",
]
