"""Write one reply: claim, remember, stream, keep. The database connection is given back while the engine talks."""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext, gettext_lazy, override

from memory import clock, context, permission, prompt, reading
from memory import reply as replies
from memory.context import Earlier
from memory.encoder import Encoder, Tokens, Vectors
from memory.engine import Counting, Engine, EngineError, Prompt
from memory.isolation import acting_as
from memory.models import Reply, Request
from memory.recall import Remembering, question_forms, recall
from worker import metrics, obeying, request_id
from worker.claims import Claim, claims
from worker.engines import spoken_by
from worker.expanding import Meant, time_meant
from worker.recallable import Said, index_now
from worker.reply_log import ReplyLog
from worker.turns import Haste, at_work

log = logging.getLogger(__name__)

beside = ThreadPoolExecutor(64, "encoding")  # more than replies at once: the encoder reads what gathers in one pass
WENT_WRONG = gettext_lazy("Something went wrong while I was answering. Your words are kept; please try again.")


@dataclass
class Written:
    """What became of an attempt."""

    state: Reply.State
    text: str
    explanation: str = ""
    can_retry: bool = False
    says_new: bool = True  # what quotes memory alone says nothing new


@dataclass
class Begun:
    """What is known of a prompt while the encoder reads the question."""

    came: float  # when it was asked for, by `time.monotonic`: it is ended before later ones are begun
    moment: datetime  # on the person's clock
    before: Sequence[str]  # the last turns before it, oldest first
    read: "Future[tuple[Vectors, Tokens]]"
    dates: Meant
    earlier: Earlier


def write_reply(
    *, person_id: int, reply_id: UUID, engine: Engine, encoder: Encoder, index: Callable[[Said], None] = index_now
) -> None:
    """Answer one turn, once: a second delivery finds it claimed or finished and does nothing.

    What was said is given to `index` at the end, to become recallable.
    """
    came = time.monotonic()
    with at_work(Haste.FIRST_WORD):
        with acting_as(person_id):
            reply = replies.claim(reply_id=reply_id)
            model = permission.engine_of(reply.turn.conversation.companion) if reply else ""
        if reply is None:
            return
        if reply.asked == 1:
            request_id.begin(str(reply.turn.client_id))
        claim = Claim(reply)
        engine = spoken_by(engine, model)
        claims.hold(claim)
        begun = _begun_at_once(reply, engine, encoder, came)
    try:
        with override(reply.owner.speaks), metrics.writing.track_inprogress():
            written = _write(reply, claim, engine, encoder, begun)
    finally:
        claims.release(claim)
    if written is not None:
        index(_said(reply, written, encoder))


def _begun_at_once(reply: Reply, engine: Engine, encoder: Encoder, came: float) -> Begun | None:
    """The beginning of its prompt with the connection at hand; none for a request, or where it must be tried again."""
    if reply.attempts > settings.REPLY_ATTEMPTS or hasattr(reply.turn, "request"):
        return None
    try:
        return begin(reply, engine, encoder, came)
    except Exception as error:
        log.warning("reply %s: its prompt is begun anew: %s", reply.pk, type(error).__name__)
        return None


def _write(reply: Reply, claim: Claim, engine: Engine, encoder: Encoder, begun: Begun | None) -> Written | None:
    """What has come of this attempt, once it is kept; None where another has taken it over."""
    entries = ReplyLog(reply.pk, asked=reply.asked, attempt=reply.attempts)
    if reply.attempts > settings.REPLY_ATTEMPTS:
        written = Written(Reply.State.BROKEN, "", str(replies.DIED_TOO_OFTEN), can_retry=True)
        with suppress(replies.ClaimLost), at_work(Haste.KEEPING):
            _finish(reply, written, None, None, entries)
        return None
    if reply.asked > 1 or reply.attempts > 1:
        entries.write("again")
    made: Prompt | None = None
    remembering: Remembering | None = None
    try:
        entries.write("phase", phase="remembering", recalled=None)
        told = _obeyed(reply, engine, encoder)
        if told is not None:
            entries.write("words", text=told)
            written = Written(Reply.State.WHOLE, told, says_new=False)
        else:
            with metrics.prompt_build.time():
                made, remembering = build(reply, engine, encoder, begun)
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
        return None
    metrics.replies.labels(written.state).inc()
    try:
        with at_work(Haste.KEEPING):
            _finish(reply, written, remembering, made, entries)
    except replies.ClaimLost:
        log.info("reply %s: another worker has taken it over", reply.pk)
        return None
    log.info("reply %s is %s", reply.pk, written.state)
    entries.settle()
    return written


def _obeyed(reply: Reply, engine: Engine, encoder: Encoder) -> str | None:
    request: Request | None = getattr(reply.turn, "request", None)  # claimed with it
    if request is None:
        return None
    with at_work(Haste.FIRST_WORD):
        return obeying.answer(reply, request, engine, encoder)


def remember(reply: Reply, engine: Engine, encoder: Encoder) -> Prompt:
    """Memory is asked, the prompt is built, the receipt is kept. Raises ClaimLost."""
    made, remembering = build(reply, engine, encoder)
    with acting_as(reply.owner_id):
        replies.write_recall(reply=reply, remembering=remembering, notes=made.notes)
    return made


def begin(reply: Reply, engine: Engine, encoder: Encoder, came: float) -> Begun:
    """The encoder begins to read the question; meanwhile what stands in the prompt whatever is recalled is read."""
    turn, companion = reply.turn, reply.turn.conversation.companion
    owner = reply.owner
    with acting_as(reply.owner_id):
        said = context.spoken(turn)
        before = context.last_words(said, turn)
        moment = clock.local(clock.now(), owner.time_zone)
        meant = time_meant(turn.text, moment=moment, engine=engine)
        forms = question_forms(turn.text, person=owner.called, companion=companion.name, before=before)
        read = beside.submit(encoder.read, forms)
        earlier = context.look_back(companion=companion, turn=turn, moment=moment, said=said)
    return Begun(came, moment, before, read, meant, earlier)


def build(reply: Reply, engine: Engine, encoder: Encoder, begun: Begun | None = None) -> tuple[Prompt, Remembering]:
    """Memory is asked, the prompt is built; the receipt is kept with the reply, so the engine need not wait for it.

    Nobody's turn to work, and no connection, is held while encoder, engine and its tokenizer are waited for.
    """
    turn, companion = reply.turn, reply.turn.conversation.companion
    owner = reply.owner
    if begun is None:
        with at_work(Haste.FIRST_WORD):
            begun = begin(reply, engine, encoder, time.monotonic())
    moment, earlier = begun.moment, begun.earlier
    read = begun.read.result()
    dates = begun.dates()
    with at_work(Haste.FIRST_WORD, since=begun.came), acting_as(reply.owner_id):
        remembering = recall(
            companion=companion,
            person=owner.called,
            question=turn.text,
            moment=moment,
            encoder=encoder,
            before=begun.before,
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
    came = replies.Came(remembering, made.notes) if remembering and made else None
    with acting_as(reply.owner_id):
        kept = replies.finish(
            reply=reply,
            state=written.state,
            text=written.text,
            explanation=written.explanation,
            can_retry=written.can_retry,
            used=list(shown),
            came=came,
            says_new=written.says_new,
        )
    if not kept:
        raise replies.ClaimLost(f"reply {reply.pk}")
    entries.write("done", state=written.state)


def _said(reply: Reply, written: Written, encoder: Encoder) -> Said:
    """Turn and answer. Only after a whole answer the turns before come to know what was said after them: until then
    they would echo the question, which may be asked again.
    """
    turn_ids = [reply.turn_id, *([reply.answer_id] if reply.answer_id else [])]
    return Said(reply.owner_id, turn_ids, encoder, widen=written.state == Reply.State.WHOLE)
