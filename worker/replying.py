"""Write one reply: claim, remember, stream, keep. The database connection is given back while the engine talks."""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext, gettext_lazy, override

from memory import clock, context, dialogue, indexing, permission, prompt, reading
from memory import reply as replies
from memory.encoder import Encoder
from memory.engine import Counting, Engine, EngineError, Prompt
from memory.isolation import acting_as
from memory.models import Reply, Request
from memory.recall import Remembering, question_forms, recall
from worker import metrics, obeying, request_id
from worker.claims import Claim, claims
from worker.engines import spoken_by
from worker.expanding import time_meant
from worker.reply_log import ReplyLog

log = logging.getLogger(__name__)

beside = ThreadPoolExecutor(64, "encoding")  # more than replies at once: the encoder reads what gathers in one pass
AT_ONCE = 4  # replies that are claimed, built or kept in the same moment, of the hundreds that may be streaming
_at_work = BoundedSemaphore(AT_ONCE)  # more would wait for the processor all the same, each holding a connection
WENT_WRONG = gettext_lazy("Something went wrong while I was answering. Your words are kept; please try again.")


@dataclass
class Written:
    """What became of an attempt."""

    state: Reply.State
    text: str
    explanation: str = ""
    can_retry: bool = False
    says_new: bool = True  # what quotes memory alone says nothing new


@dataclass(frozen=True)
class Asked:
    """A claimed reply, with what its turn asks of memory and what was said just before it."""

    reply: Reply
    request: Request | None
    before: list[str]


@contextmanager
def at_work() -> Iterator[None]:
    """One of the few that work at this moment. Nobody waits for their turn, or streams, with a connection in hand."""
    connection.close()
    with _at_work:
        try:
            yield
        finally:
            connection.close()


def write_reply(*, person_id: int, reply_id: UUID, engine: Engine, encoder: Encoder) -> None:
    """Answer one turn, once: a second delivery finds it claimed or finished and does nothing."""
    with at_work(), acting_as(person_id):
        reply = replies.claim(reply_id=reply_id)
        if reply is None:
            return
        model = permission.engine_of(reply.turn.conversation.companion)
        asked = Asked(reply, obeying.request_of(reply), dialogue.said_before(reply.turn))
    if reply.asked == 1:
        request_id.begin(str(reply.turn.client_id))
    claim = Claim(reply)
    engine = spoken_by(engine, model)
    claims.hold(claim)
    try:
        with override(reply.owner.speaks), metrics.writing.track_inprogress():
            _write(asked, claim, engine, encoder)
    finally:
        claims.release(claim)


def _write(asked: Asked, claim: Claim, engine: Engine, encoder: Encoder) -> None:
    reply = asked.reply
    entries = ReplyLog(reply.pk, asked=reply.asked, attempt=reply.attempts)
    if reply.attempts > settings.REPLY_ATTEMPTS:
        written = Written(Reply.State.BROKEN, "", str(replies.DIED_TOO_OFTEN), can_retry=True)
        with at_work():
            _finish(reply, written, None, None, entries)
        return
    if reply.asked > 1 or reply.attempts > 1:
        entries.write("again")
    made: Prompt | None = None
    remembering: Remembering | None = None
    try:
        entries.write("phase", phase="remembering", recalled=None)
        told = _obeyed(asked, engine, encoder)
        if told is not None:
            entries.write("words", text=told)
            written = Written(Reply.State.WHOLE, told, says_new=False)
        else:
            with metrics.prompt_build.time():
                made, remembering = build(reply, engine, encoder, before=asked.before)
            metrics.recall.observe(remembering.milliseconds / 1000)
            entries.write("phase", phase="remembered", recalled=len(made.notes))
            reply.engine = engine.name
            entries.write("phase", phase="thinking", recalled=len(made.notes))
            written = _stream(made, engine, claim, entries)
            written.says_new = engine.converses
    except Exception:
        log.exception("reply %s broke", reply.pk)
        written = Written(Reply.State.BROKEN, "", str(WENT_WRONG), can_retry=True)
    entries.settle()
    if claim.lost.is_set() or entries.refused:
        return
    metrics.replies.labels(written.state).inc()
    try:
        with at_work():
            _finish(reply, written, remembering, made, entries)
    except replies.ClaimLost:
        log.info("reply %s: another worker has taken it over", reply.pk)
        return
    log.info("reply %s is %s", reply.pk, written.state)
    with at_work():
        _index(reply, written, encoder)
    entries.settle()


def _obeyed(asked: Asked, engine: Engine, encoder: Encoder) -> str | None:
    if asked.request is None:
        return None
    with at_work():
        return obeying.answer(asked.reply, asked.request, engine, encoder)


def remember(reply: Reply, engine: Engine, encoder: Encoder) -> Prompt:
    """Memory is asked, the prompt is built, the receipt is kept. Raises ClaimLost."""
    made, remembering = build(reply, engine, encoder, before=said_before(reply))
    with acting_as(reply.owner_id):
        replies.write_recall(reply=reply, remembering=remembering, notes=made.notes)
    return made


def said_before(reply: Reply) -> list[str]:
    """What the prompt of a reply is built after."""
    with at_work(), acting_as(reply.owner_id):
        return dialogue.said_before(reply.turn)


def build(reply: Reply, engine: Engine, encoder: Encoder, *, before: Sequence[str]) -> tuple[Prompt, Remembering]:
    """Memory is asked, the prompt is built; the receipt is kept with the reply, so the engine need not wait for it.

    `before` is what was said just before the turn (`dialogue.said_before`).

    While the encoder reads the question, the database is asked for what stands in the prompt whatever is recalled.
    Nobody's turn to work, and no connection, is held while encoder, engine and its tokenizer are waited for.
    """
    turn, companion = reply.turn, reply.turn.conversation.companion
    owner = reply.owner
    moment = clock.local(clock.now(), owner.time_zone)
    meant = time_meant(turn.text, moment=moment, engine=engine)
    forms = question_forms(turn.text, person=owner.called, companion=companion.name, before=before)
    reading_forms = beside.submit(encoder.read, forms)
    with at_work(), acting_as(reply.owner_id):
        earlier = context.look_back(companion=companion, turn=turn, moment=moment)
    read = reading_forms.result()
    dates = meant()
    with at_work(), acting_as(reply.owner_id):
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
            earlier=earlier,
            remembering=remembering,
            notes=notes,
            moment=moment,
        )
    count = engine.count if isinstance(engine, Counting) else None
    return prompt.lay_out(material, budget=settings.PROMPT_TOKENS, count=count), remembering


def _stream(made: Prompt, engine: Engine, claim: Claim, entries: ReplyLog) -> Written:
    """Let the engine talk into the log. An engine that fails leaves what it said, marked."""
    words = []
    broken: EngineError | None = None
    try:
        for piece in metrics.timed(engine.stream(made, stopped=claim.stopped), kept_at=claim.queued_at):
            words.append(piece)
            entries.write("words", text=piece)
    except EngineError as error:
        metrics.engine_failures.inc()
        log.warning("reply %s: the engine failed: %s", claim.reply_id, type(error.__cause__ or error).__name__)
        broken = error
    text = "".join(words)
    if broken is not None:
        return Written(Reply.State.BROKEN, text, broken.words, broken.retryable)
    if claim.stop.is_set():
        return Written(Reply.State.STOPPED, text, can_retry=True)
    if not text.strip():
        return Written(
            Reply.State.BROKEN, "", gettext("The language model answered nothing. Try again."), can_retry=True
        )
    return Written(Reply.State.WHOLE, text)


def _finish(
    reply: Reply, written: Written, remembering: Remembering | None, made: Prompt | None, entries: ReplyLog
) -> None:
    """The words and the receipt in one transaction. Raises ClaimLost, with nothing kept."""
    shown: set[int] = set()
    if made:
        shown = reading.used(made.notes, question=made.question, reply=written.text, summaries=made.summaries)
    with acting_as(reply.owner_id):
        if remembering and made:
            replies.write_recall(reply=reply, remembering=remembering, notes=made.notes)
        kept = replies.finish(
            reply=reply,
            state=written.state,
            text=written.text,
            explanation=written.explanation,
            can_retry=written.can_retry,
            used=list(shown),
            says_new=written.says_new,
        )
    if kept:
        entries.write("done", state=written.state)


def _index(reply: Reply, written: Written, encoder: Encoder) -> None:
    """Turn and answer can be recalled from now on.

    Nobody waits for it any more; if the worker dies before, the sweep does it. Only after a whole answer the turns
    before come to know what was said after them: until then they would echo the question, which may be asked again.
    """
    with acting_as(reply.owner_id):
        answers = list(Reply.objects.filter(pk=reply.pk, answer__isnull=False).values_list("answer_id", flat=True))
    said = [reply.turn_id, *answers]
    indexing.index_turns(person_id=reply.owner_id, turn_ids=said, encoder=encoder, widen=False)
    if written.state == Reply.State.WHOLE:
        with acting_as(reply.owner_id):
            indexing.widen_windows(person_id=reply.owner_id, turn_ids=said)
