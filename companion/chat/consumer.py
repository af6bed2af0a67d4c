"""The websocket: what a person says is kept, then acknowledged; replies are followed, each in a task of its own."""

import asyncio
import logging
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError, InterfaceError
from django.utils.translation import activate, gettext, gettext_lazy
from pydantic import BaseModel
from redis.exceptions import RedisError

from companion import doors
from companion.accounts.models import Person
from companion.accounts.sessions import is_open
from companion.chat import actions, changes, metrics, protocol, tabs
from companion.chat.following import follow, in_database
from companion.chat.pace import MOST_TABS, Pace, pace_of
from memory import companions, dialogue, obeying, quota, versions
from memory.isolation import Held
from memory.models import Reply
from worker import request_id

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

log = logging.getLogger(__name__)

SIGNED_OUT = 4401
TRY_LATER = 1013
SLOW = 20.0  # seconds: a socket that takes no more for so long is dropped; it resumes by sequence
MOST_FOLLOWED = 50  # replies one socket follows at a time
AWAY = gettext_lazy(
    "Rosemary’s database cannot be reached just now. Your words are kept in this page and sent again by themselves."
)
HELD = gettext_lazy(
    "Something of yours is being kept or erased just now, which takes a while. Your words are kept in this page and "
    "sent again by themselves."
)
NOT_DONE = gettext_lazy("Rosemary’s database cannot be reached just now. It was not done; try again.")
QUEUE_AWAY = gettext_lazy(
    "Rosemary’s message queue cannot be reached just now. What was sent is kept; the reply will come later."
)
TOO_MANY = gettext_lazy("That was a lot at once. Your words are kept in this page and sent again in a moment.")
TOO_MANY_TABS = gettext_lazy("Rosemary is open in too many tabs. Close some of them, then load this page again.")
CROWDED = gettext_lazy("Many are talking just now. Your words are kept; the reply will come, but later than usual.")

REFUSALS: dict[type[Exception], protocol.ErrorCode] = {
    dialogue.NothingSaid: "empty",
    dialogue.TooLong: "too_long",
    dialogue.SaidOtherwise: "conflict",
    dialogue.NoSuchConversation: "not_found",
    companions.NoSuchCompanion: "not_found",
    obeying.NoSuchRequest: "not_found",
    versions.NoSuchVersion: "not_found",
    quota.OverQuota: "quota",
}


class ChatConsumer(AsyncWebsocketConsumer):
    """One tab of one person."""

    person: Person

    def __init__(self) -> None:
        super().__init__()
        self.following: dict[UUID, asyncio.Task[None]] = {}
        self.group: str | None = None
        self.gone = False  # nothing more can be said
        self.pace: Pace | None = None

    async def connect(self) -> None:
        """Only somebody signed in; the origin was checked before."""
        await self.accept()
        try:
            if not self.scope["user"].is_authenticated:
                await self.close(code=SIGNED_OUT)
                return
            self.person = self.scope["user"]
            if self._is_for() != str(self.person.pk):
                await self.close(code=SIGNED_OUT)
                return
            activate(self.person.speaks)  # for this task, which ends with the socket
            if (crowded := self._crowded()) is not None:
                await self.say_frame(protocol.Error(code="too_many", message=str(crowded), retry=True))
                await self.close(code=TRY_LATER)
                return
            group = tabs.group_of(self.person.pk)
            await self.channel_layer.group_add(group, self.channel_name)  # before it is read how things stand
            self.group = group
            welcome = await in_database(actions.welcome)(self.person)
        except (DatabaseError, InterfaceError, RedisError, OSError) as error:
            log.warning("a socket could not be welcomed: %s", type(error).__name__)
            await self.say_frame(protocol.Error(code="unavailable", message=str(AWAY), retry=True))
            await self.close(code=TRY_LATER)
            return
        await self.say_frame(welcome)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """However a socket ends, also where its peer has gone while it was spoken to, it gives back what it held.

        Nothing is lost with it: replies go on, and another tab can follow them.
        """
        metrics.sockets.inc()
        try:
            await super().__call__(scope, receive, send)
        finally:
            metrics.sockets.dec()
            await self._leave()

    async def _leave(self) -> None:
        self.gone = True
        if self.pace is not None:
            self.pace.tabs.discard(self)
        for task in self.following.values():
            task.cancel()
        if self.group:
            try:
                await self.channel_layer.group_discard(self.group, self.channel_name)
            except (RedisError, OSError) as error:
                log.warning("a socket left no word: %s", type(error).__name__)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """One frame. Whatever is wrong with it is answered, and harms nothing else."""
        if not self.pace:
            return
        await asyncio.sleep(self.pace.frames.take())  # meanwhile the socket takes no more, so who floods waits
        client_id = None
        try:
            frame = protocol.read(text_data)
            client_id = getattr(frame, "client_id", None)
            request_id.begin(str(client_id or ""))
            await self.obey(frame)
        except protocol.Unreadable as refused:
            await self.say_frame(refused.error)
        except tuple(REFUSALS) as refused:
            code = REFUSALS[type(refused)]
            await self.say_frame(protocol.Error(code=code, message=str(refused), client_id=client_id))
        except (DatabaseError, InterfaceError) as error:
            log.warning("a message could not be kept: %s", type(error).__name__)
            if isinstance(error, Held):
                message = str(HELD if client_id else doors.HELD)
            else:
                message = str(AWAY if client_id else NOT_DONE)
            await self.say_frame(protocol.Error(code="unavailable", message=message, client_id=client_id, retry=True))

    async def obey(self, frame: protocol.Asked) -> None:
        """Do what a frame asks."""
        match frame:
            case protocol.Say():
                await self.say(frame)
            case protocol.Follow():
                self.follow(frame.reply, frame.last_seq)
            case protocol.Stop():
                await self.answered(actions.stop, frame.reply)
            case protocol.TryAgain():
                if await self.answered(actions.try_again, frame.reply):
                    self.follow(frame.reply, 0)
            case protocol.WriteAnew():
                if await self.answered(actions.write_anew, frame.reply):
                    await self.tell_all(changes.BegunAnew(reply=frame.reply))
                    self.follow(frame.reply, 0)
            case protocol.Ping():
                await self.pong()
            case protocol.End():
                await self.end(frame)
            case _:
                told = await in_database(actions.TOLD_TO_ALL[type(frame)])(self.person, frame)
                await self.tell_all(told)
                if isinstance(told, changes.Deleted | changes.Forgotten):
                    await in_database(actions.queue_erasure)(self.person, told.erasure)

    def _crowded(self) -> "StrPromise | None":
        """Why this tab of the person is one too many, or came too fast; where it is not, it counts from now on."""
        pace = pace_of(self.person.pk)
        if len(pace.tabs) >= MOST_TABS:
            return TOO_MANY_TABS
        if not pace.sockets.take_if_there():
            return TOO_MANY
        pace.tabs.add(self)
        self.pace = pace
        return None

    def _is_for(self) -> str:
        """Whose page opened the socket: another may have signed in since, in another tab."""
        asked = parse_qs(self.scope.get("query_string", b"").decode("latin-1")).get("person", [])
        return asked[0] if asked else str(self.person.pk)

    async def pong(self) -> None:
        """The line is alive; it ends with the session that opened it."""
        session = self.scope.get("session")
        if session is not None and not await in_database(is_open)(session.session_key, self.person):
            await self.close(code=SIGNED_OUT)
            return
        await self.say_frame(protocol.Pong())

    async def say(self, frame: protocol.Say) -> None:
        """Keep it; then acknowledge, have it answered, and tell the other tabs."""
        if self.pace and not self.pace.said.take_if_there():
            refused = protocol.Error(code="too_many", message=str(TOO_MANY), client_id=frame.client_id, retry=True)
            await self.say_frame(refused)
            return
        said = await in_database(actions.keep)(self.person, frame)
        await self.say_frame(actions.kept_frame(said, frame))
        if not said.repeated or said.reply.state == Reply.State.WAITING:
            await self.announce(said, frame)
        self.follow(said.reply.pk, 0, is_open=not said.repeated)

    async def announce(self, said: dialogue.Said, frame: protocol.Say) -> None:
        """Queue the reply and ring the other tabs. Without Redis the sweep queues it once that is back."""
        try:
            is_crowded = await in_database(actions.queue_said)(said)
            log.info("turn %s waits for reply %s", said.turn.pk, said.reply.pk)
            await self.tell_others(actions.said_frame(said, frame))
            if is_crowded:
                await self.say_frame(
                    protocol.Error(code="unavailable", message=str(CROWDED), reply=said.reply.pk, retry=False)
                )
        except (RedisError, OSError, actions.QueueAway) as error:
            log.warning("reply %s waits for the sweep: %s", said.reply.pk, type(error).__name__)
            await self.say_frame(
                protocol.Error(code="unavailable", message=str(QUEUE_AWAY), reply=said.reply.pk, retry=False)
            )

    async def end(self, frame: protocol.End) -> None:
        """What was said off the record goes now."""
        erasure_id = await in_database(actions.end)(self.person, frame)
        await self.tell_all(changes.Ended(conversation=frame.conversation))
        if erasure_id is not None:
            await in_database(actions.queue_erasure)(self.person, erasure_id)

    async def tell_all(self, frame: BaseModel) -> None:
        """This tab, and the person's others; those that cannot be reached hear of it when they come back."""
        await self.say_frame(frame)
        try:
            await self.tell_others(frame.model_dump_json())
        except (RedisError, OSError) as error:
            log.warning("other tabs cannot be told: %s", type(error).__name__)

    async def sign_out(self, event: dict[str, Any]) -> None:
        """The person is signed out everywhere: nothing more is taken from this tab."""
        await self.close(code=SIGNED_OUT)

    async def look_again(self, event: dict[str, Any]) -> None:
        """What there is to talk in has changed as a whole: the tab connects anew and reads it."""
        await self.close(code=TRY_LATER)

    async def tell_others(self, frame: str) -> None:
        """Ring the person's other tabs. Raises RedisError, OSError."""
        event = {"type": "told.elsewhere", "frame": frame, "by": self.channel_name}
        await self.channel_layer.group_send(self.group, event)

    async def told_elsewhere(self, event: dict[str, Any]) -> None:
        """Another tab of the same person said or did something."""
        if event["by"] != self.channel_name:
            await self.send_text(event["frame"])

    async def answered(self, act: Any, reply_id: UUID) -> bool:
        """Do something with a reply of this person; another's is as if it did not exist."""
        try:
            return bool(await in_database(act)(self.person, reply_id))
        except Reply.DoesNotExist:
            await self.no_such_reply(reply_id)
        except (RedisError, actions.QueueAway):
            await self.say_frame(protocol.Error(code="unavailable", message=str(QUEUE_AWAY), reply=reply_id))
        return False

    async def no_such_reply(self, reply_id: UUID) -> None:
        """The same answer whether it belongs to somebody else or to nobody."""
        message = gettext("There is no such reply.")
        await self.say_frame(protocol.Error(code="not_found", message=message, reply=reply_id))

    def follow(self, reply_id: UUID, last_seq: int, *, is_open: bool = False) -> None:
        """Forward a reply's log from here on; asked again, from the new place. One of theirs may be known `is_open`."""
        if (running := self.following.pop(reply_id, None)) is not None:
            running.cancel()
        if len(self.following) < MOST_FOLLOWED:
            self.following[reply_id] = asyncio.create_task(self.forward(reply_id, last_seq, is_open=is_open))

    async def forward(self, reply_id: UUID, last_seq: int, *, is_open: bool) -> None:
        """Until the reply is done or the socket is gone."""
        try:
            with metrics.streams.track_inprogress():
                async with aclosing(follow(self.person, reply_id, last_seq, is_open=is_open)) as frames:
                    async for frame in frames:
                        await self.send_text(frame)
        except Reply.DoesNotExist:
            await self.no_such_reply(reply_id)
        except (DatabaseError, InterfaceError):
            await self.say_frame(protocol.Error(code="unavailable", message=str(AWAY), reply=reply_id, retry=True))
        finally:
            if self.following.get(reply_id) is asyncio.current_task():
                del self.following[reply_id]

    async def say_frame(self, frame: BaseModel) -> None:
        """Send one frame."""
        await self.send_text(frame.model_dump_json())

    async def send_text(self, text: str) -> None:
        """A socket that takes nothing for a while is dropped; its replies go on without it."""
        if self.gone:
            return
        try:
            async with asyncio.timeout(SLOW):
                await self.send(text_data=text)
        except TimeoutError:
            log.warning("a socket took nothing for %d seconds and is dropped", SLOW)
            with suppress(OSError):
                await self.close(code=TRY_LATER)
        except OSError:  # whoever sat there has gone; the socket ends by itself
            self.gone = True
