"""What a conversation is called once some of its words are erased, or are about to be."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from memory import dialogue, lexicon
from memory.models import Conversation, Turn


def name_left(conversation: Conversation, gone: Iterable[str]) -> str | None:
    """Its first words that are left, where its name may come from the texts that are gone; None where it may stay.

    Until a summary names it again. A name given by hand, or from elsewhere, stays where it has none of their words.
    """
    words = {stem for text in gone for stem in lexicon.stems(text)}
    if (conversation.named or conversation.origin is not None) and words.isdisjoint(lexicon.stems(conversation.title)):
        return None
    left = conversation.turns.filter(erasure=None, stands=True).order_by("number")
    return dialogue.title_from(left.values_list("text", flat=True).first() or "")


def hide_names(conversations: Sequence[Conversation]) -> None:
    """Call each, here and not in the database, as it will be called without what is about to be erased in it.

    Runs inside `acting_as(person)`.
    """
    going = Turn.objects.filter(conversation__in=[one.pk for one in conversations], erasure__isnull=False)
    texts: dict[object, list[str]] = defaultdict(list)
    for conversation_id, text in going.values_list("conversation_id", "text"):
        texts[conversation_id].append(text)
    for conversation in conversations:
        if conversation.pk not in texts:
            continue
        name = name_left(conversation, texts[conversation.pk])
        conversation.title = conversation.title if name is None else name
