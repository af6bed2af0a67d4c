"""Write one reply: claim, remember, stream, keep. The database connection is given back while the engine talks."""

import logging
import time
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connection

from memory import clock, dialogue, indexing, prompt, reading
from memory import reply as replies
from memory.encoder import Encoder
from memory.engine import Counting, Engine, EngineError, Prompt
from memory.isolation import acting_as
from memory.models import Reply
from memory.recall import question_forms, recall
from worker.claims import Claim, claims
from worker.expanding import time_meant
from worker.stream import ReplyLog

log = logging.getLogger(__name__)

COALESCE = 0.04  # seconds: tokens that come sooner travel together
WENT_WRONG = "Something went wrong while I was answering. Your words are kept; please try again."


@dataclass
class Written:
    """What became of an attempt."""

    state: Reply.State
    text: str
    explanation: str = ""
    can_retry: bool = False


def write_reply(*, person_id: int, reply_id: UUID, engine: Engine, encoder: Encoder) -> None:
    """Answer one turn, once: a second delivery finds it claimed or finished and does nothing."""
    with acting_as(person_id):
        reply = replies.claim(reply_id=reply_id)
    if reply is None:
        return
    claim = Claim(reply)
    claims.hold(claim)
    try:
        _write(reply, claim, engine, encoder)
    finally:
        claims.release(claim)
        connection.close()


def _write(reply: Reply, claim: Claim, engine: Engine, encoder: Encoder) -> None:
    entries = ReplyLog(reply.pk, asked=reply.asked, attempt=reply.attempts)
    if reply.attempts > settings.REPLY_ATTEMPTS:
        written = Written(Reply.State.BROKEN, "", replies.DIED_TOO_OFTEN, can_retry=True)
        _finish(reply, written, None, entries)
        return
    if reply.asked > 1 or reply.attempts > 1:
        entries.write("again")
    made: Prompt | None = None
    try:
        entries.write("phase", phase="remembering", recalled=None)
        made = remember(reply, engine, encoder)
        entries.write("phase", phase="remembered", recalled=len(made.notes))
        reply.engine = engine.name
        connection.close()
        entries.write("phase", phase="thinking", recalled=len(made.notes))
        written = _stream(made, engine, claim, entries)
    except Exception:
        log.exception("reply %s broke", reply.pk)
        written = Written(Reply.State.BROKEN, "", WENT_WRONG, can_retry=True)
    if claim.lost.is_set() or entries.refused:
        return
    _finish(reply, written, made, entries)
    _index(reply, written, engine, encoder)


def remember(reply: Reply, engine: Engine, encoder: Encoder) -> Prompt:
    """Memory is asked, the prompt is built, the receipt is written.

    No database connection is held while the engine's own tokenizer measures the prompt.
    """
    turn, companion = reply.turn, reply.turn.conversation.companion
    owner = reply.owner
    with acting_as(reply.owner_id):
        before = dialogue.said_before(turn)
    moment = clock.local(clock.now(), owner.time_zone)
    meant = time_meant(turn.text, moment=moment, engine=engine)
    forms = question_forms(turn.text, person=owner.called, companion=companion.name, before=before)
    read = encoder.read(forms)
    dates = meant()
    with acting_as(reply.owner_id):
        remembering = recall(
            companion=companion,
            person=owner.called,
            question=turn.text,
            moment=moment,
            encoder=encoder,
            before=before,
            read=read,
            leave_out=[known for known in (turn.pk, reply.answer_id) if known],
            dates=dates,
        )
        notes = reading.choose(remembering, zone=owner.time_zone)
        material = prompt.gather(
            companion=companion,
            person=owner.called,
            turn=turn,
            remembering=remembering,
            notes=notes,
            moment=moment,
        )
    connection.close()
    count = engine.count if isinstance(engine, Counting) else None
    made = prompt.lay_out(material, budget=settings.PROMPT_TOKENS, count=count)
    with acting_as(reply.owner_id):
        replies.write_recall(reply=reply, remembering=remembering, notes=made.notes)
    return made


def _stream(made: Prompt, engine: Engine, claim: Claim, entries: ReplyLog) -> Written:
    """Let the engine talk into the log. An engine that fails leaves what it said, marked."""
    words, waiting, last = [], [], 0.0
    broken: EngineError | None = None
    try:
        for piece in engine.stream(made, stopped=claim.stopped):
            words.append(piece)
            waiting.append(piece)
            if time.monotonic() - last >= COALESCE:
                entries.write("words", text="".join(waiting))
                waiting, last = [], time.monotonic()
    except EngineError as error:
        log.warning("reply %s: the engine failed: %s", claim.reply_id, error.__cause__ or error)
        broken = error
    if waiting:
        entries.write("words", text="".join(waiting))
    text = "".join(words)
    if broken is not None:
        return Written(Reply.State.BROKEN, text, broken.words, broken.retryable)
    if claim.stop.is_set():
        return Written(Reply.State.STOPPED, text, can_retry=True)
    if not text.strip():
        return Written(Reply.State.BROKEN, "", "The language model answered nothing. Try again.", can_retry=True)
    return Written(Reply.State.WHOLE, text)


def _finish(reply: Reply, written: Written, made: Prompt | None, entries: ReplyLog) -> None:
    shown = reading.used(made.notes, question=made.question, reply=written.text) if made else set()
    with acting_as(reply.owner_id):
        kept = replies.finish(
            reply=reply,
            state=written.state,
            text=written.text,
            explanation=written.explanation,
            can_retry=written.can_retry,
            used=list(shown),
        )
    if kept:
        entries.write("done", state=written.state)


def _index(reply: Reply, written: Written, engine: Engine, encoder: Encoder) -> None:
    """Turn and answer can be recalled from now on; what the recall-only engine quotes is there already.

    Nobody waits for it any more; if the worker dies before, the sweep does it. Only after a whole answer the turns
    before come to know what was said after them: until then they would echo the question, which may be asked again.
    """
    with acting_as(reply.owner_id):
        answers = list(Reply.objects.filter(pk=reply.pk, answer__isnull=False).values_list("answer_id", flat=True))
    said = [reply.turn_id, *(answers if engine.converses else [])]
    indexing.index_turns(person_id=reply.owner_id, turn_ids=said, encoder=encoder, widen=False)
    if written.state == Reply.State.WHOLE:
        with acting_as(reply.owner_id):
            indexing.widen_windows(person_id=reply.owner_id, turn_ids=said)
