"""Claims that this process holds are renewed together, by one thread, while their replies are being written."""

import logging
import time
from threading import Event, Lock, Thread
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection

from memory import reply as replies
from memory.isolation import acting_as
from memory.models import Reply
from worker.stream import asked_to_stop

log = logging.getLogger(__name__)
LOOK_EVERY = 0.2  # seconds between two looks for wishes to stop, for all replies of this process at once


class Claim:
    """One reply in this process's hands."""

    def __init__(self, reply: Reply) -> None:
        assert reply.claim is not None  # noqa: S101 - a claimed reply has its token
        self.reply_id: UUID = reply.pk
        self.person_id: int = reply.owner_id
        self.token: UUID = reply.claim
        self.queued_at = reply.queued_at
        self.lost = Event()
        self.stop = Event()

    def stopped(self) -> bool:
        """Whether writing should end: the person asked, or the claim is lost. Cheap enough to ask for every token."""
        return self.stop.is_set() or self.lost.is_set()

    def renew(self) -> None:
        """Once a third of the lease; learns on the way whether the person asked to stop."""
        with acting_as(self.person_id):
            held = replies.renew(reply_id=self.reply_id, token=self.token)
        if held is None:
            self.lost.set()
        elif held:
            self.stop.set()


class Claims:
    """All that this process is writing."""

    def __init__(self) -> None:
        self._held: dict[UUID, Claim] = {}
        self._lock = Lock()
        self._threads: dict[str, Thread] = {}

    def hold(self, claim: Claim) -> None:
        """Renew it from now on."""
        with self._lock:
            self._held[claim.token] = claim
            for work in (self._renew_all, self._hear_wishes):
                if (thread := self._threads.get(work.__name__)) is None or not thread.is_alive():
                    self._threads[work.__name__] = Thread(target=work, name=work.__name__, daemon=True)
                    self._threads[work.__name__].start()

    def release(self, claim: Claim) -> None:
        """It is finished."""
        with self._lock:
            self._held.pop(claim.token, None)

    def _hear_wishes(self) -> None:
        while True:
            time.sleep(LOOK_EVERY)
            with self._lock:
                held = {claim.reply_id: claim for claim in self._held.values() if not claim.stop.is_set()}
            for reply_id in asked_to_stop(list(held)):
                held[reply_id].stop.set()

    def _renew_all(self) -> None:
        while True:
            time.sleep(settings.REPLY_LEASE_SECONDS / 3)
            with self._lock:
                held = list(self._held.values())
            try:
                for claim in held:
                    claim.renew()
            except DatabaseError as error:  # the next round tries again; the lease says for how long
                log.warning("claims cannot be renewed: %s", type(error).__name__)
            finally:
                connection.close()


claims = Claims()
