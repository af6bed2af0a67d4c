"""Another encoder: its keys are made beside those in use, measured on a sample, and then swapped in as one.

A new key is the old one with another vector: words, dates and what else ranking asks do not depend on the encoder, and
no word is counted twice. What is there already is not made again, so an attempt that was broken off goes on where it
was. What is said meanwhile gets keys of the old one, and is taken in by the next round. The old keys stay until they
are deleted, so the way back is the same way.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from django.contrib.auth import get_user_model
from django.db import connection, connections
from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from pgvector.django import CosineDistance

from memory import indexing, late, tombstone
from memory.encoder import Encoder
from memory.isolation import acting_as
from memory.models import Key, Memory, Turn
from memory.pieces import last_words, pieces

AT_ONCE = 64  # keys of one pass and one transaction
SHORTEST = 8  # words of a turn that is asked for in the sample
FOUND_AMONG = 10  # keys
TOLERATED = 0.9  # of what the old one finds, the new one must find as much
COPIED = [field.attname for field in Key._meta.concrete_fields if field.attname not in ("id", "encoder")]


def people() -> list[int]:
    """Everybody, in the order in which they are taken."""
    return list(get_user_model().objects.order_by("pk").values_list("pk", flat=True))


def _missing(person_id: int, *, old: str, new: str) -> QuerySet[Key]:
    """Keys of the old encoder without one of the new."""
    same = Key.objects.of(person_id).filter(
        Q(turn_id=OuterRef("turn_id")) | Q(turn_id=None),
        encoder=new,
        memory_id=OuterRef("memory_id"),
        kind=OuterRef("kind"),
        piece=OuterRef("piece"),
    )
    return Key.objects.of(person_id).filter(~Exists(same), encoder=old)


def missing(person_id: int, *, old: str, new: str) -> int:
    """How many keys are still to be made for a person."""
    with acting_as(person_id):
        return _missing(person_id, old=old, new=new).count()


def reencode_person(person_id: int, *, old: str, encoder: Encoder) -> Iterator[int]:
    """Make the keys that this person lacks; yields how many were made each time, and may be broken off between two.

    No transaction is open while the encoder works: whatever is erased meanwhile gets no new key.
    """
    while True:
        with acting_as(person_id):
            keys = list(_missing(person_id, old=old, new=encoder.name).order_by("id")[:AT_ONCE])
            texts = _texts(person_id, keys)
        connection.close()
        told = [key for key in keys if key.id in texts]
        if not told:
            return
        vectors, tokens = encoder.read([texts[key.id].whole for key in told])
        signs = [_signs(texts[key.id], tokens[place], encoder) if tokens else None for place, key in enumerate(told)]
        yield _write(person_id, told, vectors, signs, encoder.name)


@dataclass(frozen=True)
class _Text:
    before: str  # read first, and no part of the key's own tokens
    own: str

    @property
    def whole(self) -> str:
        return f"{self.before}\n{self.own}" if self.before else self.own


def _texts(person_id: int, keys: Sequence[Key]) -> dict[int, _Text]:
    """What each key is made of, by its id. One whose text has gone is left out, and goes, too."""
    turns = Turn.objects.of(person_id).in_bulk([key.turn_id for key in keys if key.kind == Key.Kind.TURN])
    before = indexing.said_just_before(list(turns.values()))
    memories = Memory.objects.of(person_id).in_bulk([key.fact_id or key.memory_id for key in keys])
    made = {}
    for key in keys:
        if key.kind != Key.Kind.TURN:
            memory = memories.get(key.fact_id or key.memory_id)
            if memory is not None:
                made[key.id] = _Text("", memory.text)
        elif (turn := turns.get(key.turn_id or 0)) is not None:
            cut = pieces(turn.text)
            if key.piece < len(cut):
                led = last_words(before.get(turn.pk, "")) if key.piece == 0 else ""
                made[key.id] = _Text(led, cut[key.piece])
    return made


def _signs(text: _Text, tokens: "np.typing.NDArray[np.float32]", encoder: Encoder) -> bytes | None:
    first = 1 + encoder.count(text.before) if text.before else 1
    own = tokens[first:-1]
    return late.signs(own) if len(own) else None


def _write(
    person_id: int,
    keys: Sequence[Key],
    vectors: "np.typing.NDArray[np.float32]",
    signs: Sequence[bytes | None],
    encoder: str,
) -> int:
    with acting_as(person_id):
        tombstone.let_write(person_id)
        still = dict(Key.objects.of(person_id).filter(id__in=[key.id for key in keys]).values_list("id", "memory_id"))
        copies = [
            Key(
                **{name: getattr(key, name) for name in COPIED}
                | {"encoder": encoder, "embedding": vector, "tokens": its}
            )
            for key, vector, its in zip(keys, vectors, signs, strict=True)
            if key.id in still
        ]
        Key.objects.bulk_create(copies, ignore_conflicts=True)
    return len(copies)


@dataclass(frozen=True)
class Quality:
    """How often half of a turn's words bring that turn back by meaning alone, with either encoder (0-1)."""

    asked: int
    old: float
    new: float

    @property
    def holds(self) -> bool:
        """Whether the new one finds about as much as the old."""
        return self.new >= TOLERATED * self.old


def measure(*, old: Encoder, new: Encoder, most: int) -> Quality:
    """Ask for a sample of what people said, by every second word of it, among all their keys of either encoder.

    It tells a broken or unfit model from a fit one; which of two good ones is better, only a benchmark tells.
    """
    everybody = people()
    each = max(most // max(len(everybody), 1), 1)
    found = [pair for person_id in everybody for pair in _measure_person(person_id, old, new, each)]
    found = found[:most]
    if not found:
        return Quality(0, 0.0, 0.0)
    return Quality(len(found), *(float(share) for share in np.mean(found, axis=0)))


def _measure_person(person_id: int, old: Encoder, new: Encoder, most: int) -> list[tuple[bool, bool]]:
    with acting_as(person_id):
        keyed = Key.objects.of(person_id).filter(kind=Key.Kind.TURN, encoder=new.name).values("turn_id")
        turns = Turn.objects.of(person_id).shown().filter(pk__in=keyed, text__regex=rf"(\S+\s+){{{SHORTEST},}}")
        mixed = Cast(F("pk") * Value(2_654_435_761) % Value(4_294_967_291), CharField())  # the same sample every time
        sample = list(turns.order_by(Concat(mixed, Value("")), "pk")[:most])
    connection.close()
    if not sample:
        return []
    halves = [" ".join(turn.text.split()[::2]) for turn in sample]
    asked = {encoder.name: encoder.encode(halves) for encoder in (old, new)}
    with acting_as(person_id):
        return [
            (
                _finds(turn, asked[old.name][place], old.name),
                _finds(turn, asked[new.name][place], new.name),
            )
            for place, turn in enumerate(sample)
        ]


def _finds(turn: Turn, vector: "np.typing.NDArray[np.float32]", encoder: str) -> bool:
    keys = Key.objects.of(turn.owner_id).filter(encoder=encoder).order_by(CosineDistance("embedding", vector))
    return turn.pk in keys.values_list("turn_id", flat=True)[:FOUND_AMONG]


def delete_keys(*, encoder: str) -> int:
    """Delete everybody's keys of an encoder that is in use no longer; how many there were."""
    gone = 0
    for person_id in people():
        with acting_as(person_id):
            tombstone.let_write(person_id)
            gone += Key.objects.of(person_id).filter(encoder=encoder).delete()[0]
    return gone


def counts() -> dict[str, int]:
    """How many keys there are of each encoder, over everybody: figures alone, under the sweeps' role."""
    try:
        rows = Key.objects.using("sweep").values_list("encoder").annotate(n=Count("encoder")).order_by("encoder")
        return dict(rows)
    finally:
        connections["sweep"].close()
