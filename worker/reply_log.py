"""Replies' logs, written by one thread for all replies of a process: a round trip to Redis serves whatever waits.

Entry ids are the sequence numbers themselves. A later attempt starts at a higher number, and Redis refuses an id below
the last one, so a worker that was given up for dead cannot write into its successor's reply.
"""

import json
import logging
import time
from threading import Event, Lock, Thread
from typing import Any
from uuid import UUID

import redis

from worker import stream

log = logging.getLogger(__name__)

LONGEST = 20_000  # entries kept of one reply: ten minutes of one every 40 ms fit
REFUSED = "equal or smaller than the target stream top item"  # as Redis says it: somebody wrote a later number
GRAIN = 0.04  # seconds: words that come sooner after one another travel together
GRAIN_OF_EACH = 0.001  # seconds more for each reply that is being written: many at once come in longer pieces
SETTLED_WITHIN = 10.0  # seconds that an ended reply waits for its log at most


class ReplyLog:
    """Writes the log of one attempt at a reply. Without Redis the reply still goes on, into the database alone."""

    def __init__(self, reply_id: UUID, *, asked: int, attempt: int) -> None:
        self.reply_id = reply_id
        self.sequence = (asked * stream.MOST_ATTEMPTS + attempt) * stream.ATTEMPT
        self.refused = False  # a later attempt writes here now
        self.lasting = False  # Redis was told how long to keep it
        self._spoken = False

    def write(self, kind: str, **fields: Any) -> None:
        """Add one event, soon: words may wait a moment for the next, everything else and the first words do not."""
        self.sequence += 1
        event = {"type": kind, "reply": str(self.reply_id), "seq": self.sequence, **fields}
        at_once = kind != "words" or not self._spoken
        self._spoken = self._spoken or kind == "words"
        writer.add(self, event, at_once=at_once)

    def settle(self) -> None:
        """Wait until all that was added is written, or given up."""
        if not writer.settled(self).wait(SETTLED_WITHIN):
            log.warning("reply %s: its log is still being written", self.reply_id)


Events = list[dict[str, Any]]


class Writer:
    """What waits to be written, and the thread that writes it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._bell = Event()
        self._waiting: dict[ReplyLog, Events] = {}
        self._hurried: set[ReplyLog] = set()
        self._asking: dict[ReplyLog, list[Event]] = {}
        self._thread: Thread | None = None
        self.at_once = 0  # replies that were written in the last round

    def add(self, entries: ReplyLog, event: dict[str, Any], *, at_once: bool) -> None:
        """Have an event written: `at_once`, or with the next round. Words after words become one event."""
        with self._lock:
            ring = at_once or not self._waiting
            events = self._waiting.setdefault(entries, [])
            if events and event["type"] == events[-1]["type"] == "words":
                events[-1] |= {"seq": event["seq"], "text": events[-1]["text"] + event["text"]}
            else:
                events.append(event)
            if at_once:
                self._hurried.add(entries)
            self._begin()
        if ring:
            self._bell.set()

    def settled(self, entries: ReplyLog) -> Event:
        """Set once all that was added so far is written or given up."""
        done = Event()
        with self._lock:
            self._asking.setdefault(entries, []).append(done)
            self._waiting.setdefault(entries, [])
            self._hurried.add(entries)
            self._begin()
        self._bell.set()
        return done

    def _begin(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = Thread(target=self._run, name="reply logs", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        due = 0.0
        while True:
            with self._lock:
                idle = not self._waiting
            self._bell.wait(None if idle else max(due - time.monotonic(), 0))
            self._bell.clear()
            everything = time.monotonic() >= due
            taken, asking = self._take(everything=everything)
            try:
                _send(taken)
            except Exception:  # the thread must live: the next round serves others
                log.exception("the logs of %d replies cannot be written", len(taken))
            for done in asking:
                done.set()
            if everything:
                self.at_once = len(taken)
                due = time.monotonic() + GRAIN + pause()

    def _take(self, *, everything: bool) -> tuple[dict[ReplyLog, Events], list[Event]]:
        with self._lock:
            which = list(self._waiting) if everything else list(self._hurried)
            self._hurried.clear()
            taken = {entries: self._waiting.pop(entries) for entries in which if entries in self._waiting}
            asking = [done for entries in taken for done in self._asking.pop(entries, [])]
        return taken, asking


def pause() -> float:
    """Seconds more that the words of a reply wait for the next, because so many are written at once.

    To hear them sooner from an engine would be for nothing.
    """
    return GRAIN_OF_EACH * writer.at_once


def _send(taken: dict[ReplyLog, Events]) -> None:
    """One round trip for all of them. What Redis does not take while it is away is missing in the logs alone."""
    if not any(taken.values()):
        return
    whose: list[ReplyLog] = []  # of each command
    try:
        with stream.connection().pipeline(transaction=False) as pipe:
            for entries, events in taken.items():
                whose += [entries] * _add(pipe, entries, events)
            answers = pipe.execute(raise_on_error=False)
    except redis.RedisError as error:
        log.warning("the logs of %d replies cannot be written: %s", len(taken), type(error).__name__)
        return
    for entries, answer in zip(whose, answers, strict=True):
        if isinstance(answer, redis.ResponseError) and REFUSED in str(answer):
            entries.refused = True
        elif isinstance(answer, Exception):
            log.warning("reply %s: its log cannot be written: %s", entries.reply_id, type(answer).__name__)


def _add(pipe: Any, entries: ReplyLog, events: Events) -> int:
    """Put the commands for one log into the pipe; how many."""
    key = stream.stream_key(entries.reply_id)
    for event in events:
        pipe.xadd(key, {"event": json.dumps(event, ensure_ascii=False)}, id=f"{event['seq']}-0", maxlen=LONGEST)
    # At the beginning and at the end: a reply takes far less in between.
    lasts = bool(events) and (not entries.lasting or events[-1]["type"] == "done")
    if lasts:
        pipe.expire(key, stream.KEPT_SECONDS)
        entries.lasting = True
    return len(events) + lasts


writer = Writer()
