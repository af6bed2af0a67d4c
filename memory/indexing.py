"""Give turns their keys, so that they can be recalled: by meaning, by words, alone and in context."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Prefetch

from memory import lexicon
from memory.encoder import Encoder
from memory.isolation import acting_as
from memory.models import Collection, Key, Memory, Source, Turn


def index_turns(*, person_id: int, turn_ids: Iterable[int], encoder: Encoder) -> int:
    """Make the keys that these turns lack, and count their words. Safe to run twice; returns how many were new.

    The encoder works outside any transaction, so no database connection waits for it.
    """
    with acting_as(person_id):
        turns = _without_keys(person_id, turn_ids, encoder.name)
        before = _turns_before(turns)
    if not turns:
        return 0
    texts = [_key_texts(turn, before.get(turn.pk)) for turn in turns]
    vectors = iter(encoder.encode([text for pair in texts for text in dict.fromkeys(pair)]))
    embedded = [_embedded(pair, vectors) for pair in texts]
    with acting_as(person_id):
        return _write_keys(person_id, turns, texts, embedded, encoder.name)


def _without_keys(person_id: int, turn_ids: Iterable[int], encoder: str) -> list[Turn]:
    keyed = Key.objects.of(person_id).filter(encoder=encoder, turn_id__in=list(turn_ids)).values("turn_id")
    rounds = Source.objects.filter(memory__kind=Memory.Kind.ROUND).select_related("memory")
    turns = Turn.objects.of(person_id).filter(pk__in=list(turn_ids)).exclude(pk__in=keyed)
    return list(turns.prefetch_related(Prefetch("memories", rounds, to_attr="rounds")).order_by("pk"))


def _turns_before(turns: Sequence[Turn]) -> dict[int, str]:
    """The text said just before each turn, within its session."""
    places = {(turn.session_id, turn.number - 1): turn.pk for turn in turns}
    rows = Turn.objects.filter(session_id__in={s for s, _ in places}, number__in={n for _, n in places})
    found = rows.values_list("session_id", "number", "text")
    return {places[session, number]: text for session, number, text in found if (session, number) in places}


def _key_texts(turn: Turn, before: str | None) -> tuple[str, str]:
    """The turn alone, and in context: after the turn before it (RECALL: context keys)."""
    return turn.text, f"{before}\n{turn.text}" if before else turn.text


def _embedded(pair: tuple[str, str], vectors: Iterator[Any]) -> tuple[Any, Any]:
    made = {text: next(vectors) for text in dict.fromkeys(pair)}
    return made[pair[0]], made[pair[1]]


@transaction.atomic
def _write_keys(
    person_id: int,
    turns: list[Turn],
    texts: list[tuple[str, str]],
    embedded: list[tuple[Any, Any]],
    encoder: str,
) -> int:
    Collection.objects.get_or_create(owner_id=person_id)
    counted = Collection.objects.of(person_id).select_for_update().get()
    still = {turn.pk for turn in _without_keys(person_id, [turn.pk for turn in turns], encoder)}
    mean = lexicon.mean_length(counted)
    keys, documents = [], []
    for turn, pair, vectors in zip(turns, texts, embedded, strict=True):
        if turn.pk not in still:
            continue
        terms = [lexicon.stems(text) for text in pair]
        documents.append(terms[0])
        for kind, vector, words in zip((Key.Kind.TURN, Key.Kind.CONTEXT), vectors, terms, strict=True):
            keys.append(_key(turn, kind, encoder, vector, lexicon.document_vector(words, mean_length=mean)))
    Key.objects.bulk_create(keys, ignore_conflicts=True)
    lexicon.count(counted, documents)
    return len(documents)


def _key(turn: Turn, kind: Key.Kind, encoder: str, embedding: object, terms: object) -> Key:
    memory = turn.rounds[0].memory  # type: ignore[attr-defined]
    return Key(
        owner_id=turn.owner_id,
        companion_id=memory.companion_id,
        memory=memory,
        turn=turn,
        kind=kind,
        encoder=encoder,
        embedding=embedding,
        terms=terms,
        said_at=turn.said_at,
    )
