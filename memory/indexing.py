"""Give turns their keys, so that they can be recalled: by meaning, by words, alone and in context, and by date."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np
from django.db.models import Prefetch, QuerySet
from numpy.typing import NDArray
from pgvector import SparseVector

from memory import clock, late, lexicon, tombstone
from memory.encoder import Encoder, Tokens, Vectors
from memory.isolation import acting_as
from memory.models import Key, Memory, Source, Turn
from memory.pieces import first_words, last_words, pieces
from memory.question import ends_in_question
from memory.temporal import has_time_words, told_dates

AT_ONCE = 256  # pieces: the vectors of so many texts' tokens are held, until only their signs are left
LONGEST_EVENT = 400  # days: a longer stretch is a period of life, no event that a date in a question could mean


@dataclass(frozen=True)
class Piece:
    """What one key is made from."""

    turn: Turn
    number: int
    text: str
    before: str  # the end of the turn before, for the first piece of a turn
    after: str  # the beginning of the turn after, for the last

    @property
    def in_context(self) -> str:
        """What the encoder reads."""
        return f"{self.before}\n{self.text}" if self.before else self.text


@dataclass
class _Terms:
    """Stems of the texts at hand, each text stemmed once."""

    mean: float
    known: dict[str, list[str]] = field(default_factory=dict)

    def of(self, *texts: str) -> list[str]:
        return [stem for text in texts for stem in self._stems(text)]

    def vector(self, *texts: str, around: int = 0) -> SparseVector:
        """`around` says how many turns beside its own a text is made of: such texts are longer than the mean."""
        return lexicon.document_vector(self.of(*texts), mean_length=self.mean * (1 + around))

    def window(self, piece: Piece) -> SparseVector:
        """Of a piece with both neighbours, its own terms first: the index of the first look has room for so many."""
        terms = self.of(piece.text, piece.before, piece.after)
        return lexicon.document_vector(terms, mean_length=self.mean * 3, most=lexicon.MOST_IN_INDEX)

    def _stems(self, text: str) -> list[str]:
        if text not in self.known:
            self.known[text] = lexicon.stems(text)
        return self.known[text]


def index_turns(*, person_id: int, turn_ids: Iterable[int], encoder: Encoder, widen: bool = True) -> int:
    """Make the keys that these turns lack, and count their words. Safe to run twice; returns how many were new.

    The encoder works outside any transaction, so no database connection waits for it. The turns just before these come
    to know what was said after them, unless they should not `widen` yet (`widen_windows`).
    """
    made = lacking(person_id=person_id, turn_ids=turn_ids, encoder=encoder.name)
    if not made:
        return 0
    turn_ids = sorted({piece.turn.pk for piece in made})
    return write(read(made, encoder), person_id=person_id, turn_ids=turn_ids, encoder=encoder.name, widen=widen)


def lacking(*, person_id: int, turn_ids: Iterable[int], encoder: str) -> "list[Piece]":
    """What keys are to be made from, of those of these turns that lack them. First of the three steps of indexing."""
    with acting_as(person_id):
        return _pieces(list(_without_keys(person_id, turn_ids, encoder)))


def read(made: "Sequence[Piece]", encoder: Encoder) -> "Read":
    """What the encoder makes of it; no connection is wanted meanwhile. The second."""
    known: Read = {}
    for start in range(0, len(made), AT_ONCE):
        known |= _read(made[start : start + AT_ONCE], encoder)
    return known


def write(known: "Read", *, person_id: int, turn_ids: Sequence[int], encoder: str, widen: bool) -> int:
    """Keep the keys, as far as the turns still read so; returns of how many. The third.

    If so wished, the turns just before these come to know what was said after them, whether these got keys or not.
    """
    if not known and not widen:
        return 0
    with acting_as(person_id):
        tombstone.let_write(person_id)
        written = _write_keys(person_id, turn_ids, known, encoder) if known else 0
        if widen:
            _widen(person_id, turn_ids)
    return written


def unindex(*, person_id: int, turn_ids: Iterable[int], but_of_facts: bool = False) -> int:
    """Delete all keys of these turns, and take their words out of the lexicon; how many keys there were.

    Turns that stay get new ones from the sweep, but no new keys of facts told in them: for a turn that is only to be
    read anew beside others, those are left (`but_of_facts`). Runs inside `acting_as(person)`.
    """
    counted = lexicon.locked(person_id)
    keys = Key.objects.of(person_id).filter(turn_id__in=list(turn_ids))
    documents: dict[int | None, tuple[set[int], int]] = {}  # a turn counts once, whatever encoders have keys of it
    made_of_turns = keys.filter(kind=Key.Kind.TURN).values_list("turn_id", "terms", "length")
    for turn_id, terms, length in made_of_turns:
        documents.setdefault(turn_id, (set(), length))[0].update(terms.indices())
    if documents:
        lexicon.discount(counted, list(documents.values()))
    return (keys.exclude(kind=Key.Kind.FACT) if but_of_facts else keys).delete()[0]


@dataclass(frozen=True)
class Embedded:
    """What the encoder made of a piece in its context."""

    vector: NDArray[np.float32]
    signs: bytes | None  # of the piece's own tokens


Read = dict[tuple[int, int, str], Embedded]  # by turn, number of the piece, and the text that was read


def _read(made: Sequence[Piece], encoder: Encoder) -> Read:
    embedded = _embedded(made, *encoder.read([piece.in_context for piece in made]), encoder)
    return {_as_read(piece): each for piece, each in zip(made, embedded, strict=True)}


def _as_read(piece: Piece) -> tuple[int, int, str]:
    return piece.turn.pk, piece.number, piece.in_context


def _embedded(made: Sequence[Piece], vectors: Vectors, tokens: Tokens, encoder: Encoder) -> list[Embedded]:
    """One pass gives both: the whole, and each token as it is meant after what came before (late interaction)."""
    each = tokens or [np.zeros((0, 0), dtype=np.float32)] * len(made)
    return [
        Embedded(vector, _own_signs(piece, its, encoder))
        for piece, vector, its in zip(made, vectors, each, strict=True)
    ]


def _own_signs(piece: Piece, tokens: NDArray[np.float32], encoder: Encoder) -> bytes | None:
    if not len(tokens):
        return None
    first = 1 + encoder.count(piece.before) if piece.before else 1
    own = tokens[first:-1]
    return late.signs(own) if len(own) else None


def _without_keys(person_id: int, turn_ids: Iterable[int], encoder: str) -> QuerySet[Turn]:
    keyed = Key.objects.of(person_id).filter(encoder=encoder, kind=Key.Kind.TURN, turn_id__in=list(turn_ids))
    turns = Turn.objects.of(person_id).remembered().filter(pk__in=list(turn_ids))
    return turns.exclude(pk__in=keyed.values("turn_id")).order_by("pk")


def _pieces(turns: Sequence[Turn]) -> list[Piece]:
    before, after = _beside(turns, -1, 1)
    made = []
    for turn in turns:
        cut = pieces(turn.text)
        for number, text in enumerate(cut):
            first, last = number == 0, number == len(cut) - 1
            made.append(
                Piece(
                    turn=turn,
                    number=number,
                    text=text,
                    before=last_words(before.get(turn.pk, "")) if first else "",
                    after=first_words(after.get(turn.pk, "")) if last else "",
                )
            )
    return made


def said_just_before(turns: Sequence[Turn]) -> dict[int, str]:
    """What was said just before each turn, within its session, by turn. Runs inside `acting_as(person)`."""
    return _beside(turns, -1)[0]


def _beside(turns: Sequence[Turn], *steps: int) -> list[dict[int, str]]:
    """The text said just before (-1) or after (1) each turn, within its session; by turn, for each of the steps."""
    places = {(turn.session_id, turn.number + step) for turn in turns for step in steps}
    rows = Turn.objects.remembered().filter(
        session_id__in={s for s, _ in places}, number__in={n for _, n in places if n > 0}
    )
    found = {(session, number): text for session, number, text in rows.values_list("session_id", "number", "text")}
    return [
        {turn.pk: text for turn in turns if (text := found.get((turn.session_id, turn.number + step))) is not None}
        for step in steps
    ]


def _write_keys(person_id: int, turn_ids: Sequence[int], read: Read, encoder: str) -> int:
    """Of turns that still lack keys and read as they did: what was erased while the encoder worked is left out.

    A turn whose context changed is left to the sweep.
    """
    counted = lexicon.locked(person_id)
    rounds = Source.objects.of(person_id).filter(memory__kind=Memory.Kind.ROUND).select_related("memory")
    lacking = _without_keys(person_id, turn_ids, encoder).select_related("owner")
    turns = list(lacking.prefetch_related(Prefetch("memories", rounds, to_attr="rounds")))
    made = _pieces(turns)
    changed = {piece.turn.pk for piece in made if _as_read(piece) not in read}
    new = [turn for turn in turns if turn.pk not in changed]
    terms = _Terms(lexicon.mean_length(counted))
    facts = {turn.pk: _facts(turn, terms) for turn in new}
    counted_before = _with_keys(person_id, facts)
    Key.objects.bulk_create(
        _key(piece, read[_as_read(piece)], terms, facts[piece.turn.pk], encoder)
        for piece in made
        if piece.turn.pk in facts
    )
    lexicon.count(counted, [terms.of(turn.text) for turn in new if turn.pk not in counted_before])
    return len(new)


def _with_keys(person_id: int, turn_ids: Iterable[int]) -> set[int | None]:
    """Those that another encoder has keys of: their words are counted."""
    keyed = Key.objects.of(person_id).filter(kind=Key.Kind.TURN, turn_id__in=list(turn_ids))
    return set(keyed.values_list("turn_id", flat=True))


def _facts(turn: Turn, terms: _Terms) -> dict[str, object]:
    """What ranking asks of the turn as a whole, whichever piece of it is found."""
    told = _first_event(turn)
    return {
        "place": turn.number,
        "speaker": turn.speaker,
        "asks": ends_in_question(turn.text),
        "timely": has_time_words(turn.text),
        "length": len(terms.of(turn.text)),
        "happened_from": told[0] if told else None,
        "happened_to": told[1] if told else None,
    }


def _first_event(turn: Turn) -> tuple[date, date] | None:
    """The days of the first thing told in it, against its own day on the person's calendar (LongMemEval §5.4)."""
    for told in told_dates(turn.text, said_at=clock.local(turn.said_at, turn.owner.time_zone)):
        if not told.any_year and (told.end - told.start).days <= LONGEST_EVENT:
            return told.start, told.end
    return None


def _key(piece: Piece, embedded: Embedded, terms: _Terms, facts: dict[str, object], encoder: str) -> Key:
    turn = piece.turn
    memory = turn.rounds[0].memory  # type: ignore[attr-defined]
    return Key(
        owner_id=turn.owner_id,
        companion_id=memory.companion_id,
        memory=memory,
        session_id=turn.session_id,
        turn=turn,
        kind=Key.Kind.TURN,
        piece=piece.number,
        encoder=encoder,
        embedding=embedded.vector,
        tokens=embedded.signs,
        terms=terms.vector(piece.text),
        terms_before=terms.vector(piece.before, piece.text, around=1),
        terms_window=terms.window(piece),
        said_at=turn.said_at,
        **facts,
    )


def key_fact(
    fact: Memory,
    turn: Turn,
    *,
    piece: int,
    text: str,
    embedding: NDArray[np.float32],
    signs: bytes | None,
    encoder: str,
) -> None:
    """One more key of a turn, of a fact told in it (LongMemEval §5.3); it leads to the turn's round, as the others do.

    Runs inside `acting_as(person)`.
    """
    terms = _Terms(lexicon.mean_length(lexicon.collection(fact.owner_id)))
    lead = Source.objects.of(fact.owner_id).filter(turn=turn, memory__kind=Memory.Kind.ROUND)
    own = terms.vector(text)
    days = {"happened_from": _day(fact.happened_from, turn), "happened_to": _day(fact.happened_to, turn)}
    Key.objects.create(
        owner_id=fact.owner_id,
        companion_id=fact.companion_id,
        memory_id=lead.values_list("memory_id", flat=True)[:1].get(),
        fact=fact,
        session_id=turn.session_id,
        turn=turn,
        kind=Key.Kind.FACT,
        piece=piece,
        encoder=encoder,
        embedding=embedding,
        tokens=signs,
        terms=own,
        terms_before=own,
        terms_window=own,
        said_at=turn.said_at,
        **_facts(turn, terms) | days,
    )


def _day(moment: datetime | None, turn: Turn) -> date | None:
    return clock.local(moment, turn.owner.time_zone).date() if moment else None


def _widen(person_id: int, turn_ids: Sequence[int]) -> None:
    """Make the window of the turns just before these anew, where the turns themselves are not among them."""
    mine = set(Turn.objects.of(person_id).filter(pk__in=turn_ids).values_list("session_id", "number"))
    edges = {(session, number - 1) for session, number in mine if number > 1} - mine
    if not edges:
        return
    rows = Turn.objects.of(person_id).filter(session_id__in={s for s, _ in edges}, number__in={n for _, n in edges})
    earlier = [turn for turn in rows if (turn.session_id, turn.number) in edges]
    if not earlier:
        return
    terms = _Terms(lexicon.mean_length(lexicon.collection(person_id)))
    for piece in _pieces(earlier):
        if piece.after:
            Key.objects.of(person_id).filter(turn=piece.turn, kind=Key.Kind.TURN, piece=piece.number).update(
                terms_window=terms.window(piece)
            )
