"""A life with rows in every table that belongs to a person, told in words that nobody else has."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.db.models import Model

from companion.accounts.models import Departure, Invitation
from companion.inspection.models import Access, Role
from companion.inspection.visits import open_visit
from memory import clock, correction, dialogue, encoder, erasure, policy, preferences, versions
from memory.erasure import Wish
from memory.history import sent
from memory.isolation import acting_as
from memory.models import (
    Brought,
    Companion,
    Conversation,
    Erasure,
    Fading,
    Import,
    Link,
    Memory,
    Period,
    PortraitLine,
    Reply,
    Request,
    Session,
    Step,
    Turn,
)
from memory.models.owned import OwnedModel
from tests.memory.test_dialogue import say
from tests.memory.test_erasure import answered, erase
from tests.memory.test_facts import consolidate, told
from tests.memory.test_preferences import sum_up
from tests.memory.test_unremembered import say_off
from worker.engines.recall_only import RecallOnly
from worker.replying import write_reply

OWNED: list[type[Model]] = [
    *(model for model in apps.get_app_config("memory").get_models() if issubclass(model, OwnedModel)),
    Access,
]


@dataclass
class Life:
    """Somebody, the words that are theirs alone, and the ids of what they have, by what such an id is called."""

    person: Any
    words: list[str]
    ids: dict[str, list[Any]] = field(default_factory=dict)
    fitting: dict[str, dict[str, Any]] = field(default_factory=dict)  # by act: ids with which its owner can do it

    def are_told_in(self, text: str) -> list[str]:
        """Which of their words stand in a text."""
        lowered = text.lower()
        return [word for word in self.words if word in lowered]


def coined(dice: Random) -> Iterator[str]:
    """Words that no language has, and no two lives share."""
    while True:
        yield "".join(dice.choice("bdfgklmnprstvz") + dice.choice("aiou") for _ in range(6))


def live(person: Any, *, looked_at_by: Any, dice: Random) -> Life:
    """Months of a person, so that there is something to reach behind every door."""
    words: list[str] = []
    coining = coined(dice)

    def word() -> str:
        words.append(next(coining))
        return words[-1].capitalize()

    person.name = word()
    person.save(update_fields=["name"])
    life = Life(person, words)
    _talk(life, word)
    _by_hand(life, word)
    _asked_and_gone(life, word)
    _said_otherwise(life, word)
    _beside(life, word, looked_at_by)
    life.ids = _ids(person)
    return life


def _talk(life: Life, word: Any) -> None:
    """What was said and consolidated: turns, keys, facts, summaries, a portrait, replies with receipts and versions."""
    person = life.person
    texts = [
        f"I live in {word()}, and my sister is called {word()}.",
        f"I love {word()} and green tea.",
        f"My boat is called {word()}.",
    ]
    consolidate(person, told(person, *texts, at=clock.now() - timedelta(days=3)))
    sum_up(person)
    first = answered(person, f"What is my boat called, {word()} or otherwise?")
    again = answered(person, f"Where do I live? My {word()} wants to know.")
    with acting_as(person.pk):
        versions.write_anew(person_id=person.pk, reply_id=again.pk)
    write_reply(person_id=person.pk, reply_id=again.pk, engine=RecallOnly(), encoder=encoder.current())
    with acting_as(person.pk):
        stood = Turn.objects.filter(answers=again.turn_id, stands=False).get()
    waiting = say(person, f"Is {word()} far?")
    life.fitting |= {
        "stop": {"reply": waiting.reply.pk},
        "follow": {"reply": first.pk},
        "write_anew": {"reply": first.pk},
        "stand": {"reply": again.pk, "turn": stood.pk},
        "say": {"conversation": first.turn.conversation_id, "instead_of": None, "companion": None},
        "rename": {"conversation": first.turn.conversation_id},
        "delete": {"conversation": first.turn.conversation_id},
    }


def _by_hand(life: Life, word: Any) -> None:
    """What the person made themself: a companion, a correction, preferences, a pin."""
    person = life.person
    with acting_as(person.pk):
        basil = Companion.objects.create(
            owner=person, name=word(), manner=f"Speak as {word()} does.", created_at=clock.now()
        )
        dialogue.say(
            person_id=person.pk,
            companion=basil,
            conversation_id=None,
            client_id=uuid4(),
            text=f"Basil, my cat is {word()}.",
            said_at=clock.now(),
        )
        preferences.choose(person_id=person.pk, unkept=(), fading=Fading.PAPER, joined=False)
        policy.rule_person(person.pk, {"most_turns": 100_000})
        facts = list(Memory.objects.filter(kind=Memory.Kind.FACT, superseded_by=None).order_by("pk"))
        corrected = correction.correct(
            person_id=person.pk,
            memory_id=facts[0].pk,
            text=f"I live in {word()} by now.",
            mistaken=True,
            client_id=uuid4(),
        )
        Link.objects.get_or_create(
            owner=person, memory=facts[-1], other=corrected, defaults={"why": f"both about {word()}"}
        )
        said = corrected.sources.get().turn
        Brought.objects.create(owner=person, kind=Brought.Kind.FACT, turn=said, start=0, end=1, digest=b"waits")
        line = PortraitLine.objects.order_by("pk").first()
        said_before = line.text if line else ""
    life.fitting |= {
        "memory_uncorrect": {"memory_id": corrected.pk},
        **{name: {"memory_id": facts[-1].pk} for name in MEMORY_DOORS},
        "portrait_uncorrect": {"line_id": line.pk if line else 0},
        "before": {"text": said_before},
    }


MEMORY_DOORS = ("memory", "memory_read", "memory_pin", "memory_correct", "memory_foretold", "memory_forget")


def _asked_and_gone(life: Life, word: Any) -> None:
    """What was asked of memory in plain words, off the record, forgotten, and erased for good."""
    person = life.person
    say_off(person, f"Between us, {word()} sings.")
    remember = say(person, f"Please remember that my key hangs in {word()}.")
    forget = answered(person, "Forget everything about my boat.")
    gone = say(person, f"The {word()} of old is gone.")
    life.words.pop()  # which nobody has any more
    erase(person, gone.turn.pk)
    hidden = say(person, f"The {word()} is about to go.")
    asked = erasure.forget(person_id=person.pk, wish=Wish(Erasure.Kind.TURN, [hidden.turn.pk]), after=timedelta(days=9))
    with acting_as(person.pk):
        kept = Request.objects.get(turn=remember.turn)
        topic = Request.objects.get(turn=forget.turn)
        off = Conversation.objects.get(off_record=True)
    life.fitting |= {
        "undo": {"request": kept.pk},
        "forget": {"request": topic.pk, "turns": topic.found[:1]},
        "restore": {"erasure": asked.pk},
        "memories_undo": {"erasure_id": asked.pk},
        "inspection_take_back": {"erasure_id": asked.pk},
        "end": {"conversation": off.pk},
    }


def _said_otherwise(life: Life, word: Any) -> None:
    """What was said last, in two versions, with a reply that broke: a later conversation would end its session."""
    person = life.person
    otherwise = answered(person, f"My hat is {word()}.")
    with acting_as(person.pk):
        versions.say_instead(
            turn_id=otherwise.turn.pk,
            person_id=person.pk,
            companion=otherwise.turn.conversation.companion,
            conversation_id=otherwise.turn.conversation_id,
            client_id=uuid4(),
            text=f"My hat is {word()}.",
            said_at=clock.now(),
        )
        broken = Reply.objects.filter(turn__text__startswith="My hat", turn__stands=True).get()
        Reply.objects.filter(pk=broken.pk).update(
            state=Reply.State.BROKEN, explanation=f"{word()} broke.", can_retry=True
        )
    life.fitting |= {"try_again": {"reply": broken.pk}, "stand_said": {"turn": otherwise.turn.pk}}


def _beside(life: Life, word: Any, inspector: Any) -> None:
    """Imports that wait or failed, a look by somebody else, an invitation made, a departure that was asked for."""
    person = life.person
    line = f'{{"speaker": "person", "text": "I sail to {word()}.", "session": "1", "said_at": "2026-03-01T10:00:00Z"}}'
    with acting_as(person.pk):
        sent.ask(person_id=person.pk, name=f"{word()}.jsonl", content=line.encode())
        unread = sent.ask(person_id=person.pk, name="empty.jsonl", content=b"")
        Import.objects.filter(pk=unread.pk).update(state=Import.State.UNREADABLE, problem=f"{word()} stands in it.")
        Step.objects.order_by("pk").first() and Step.objects.filter(kind="links").update(state="failed", error="E")
    open_visit(
        person=person, by=inspector, role=Role.INSPECTOR, reason=f"They say that {word()} is confused with a city."
    )
    now = clock.now()
    Invitation.objects.create(
        digest=Invitation.digest_of(f"invited by {person.pk}"),
        made_for=word(),
        made_by=person,
        made_at=now,
        expires_at=now + timedelta(days=1),
    )
    Departure.objects.create(
        digest=Invitation.digest_of(f"departure of {person.pk}"),
        leaver=person.pk,
        erasure=2**40 + person.pk,
        asked_at=now,
        due_at=now + timedelta(days=1),
    )


def _ids(person: Any) -> dict[str, list[Any]]:
    """By the name that addresses, frames and tasks have for them."""
    with acting_as(person.pk):
        found = {
            model: list(model.objects.of(person.pk).order_by("pk").values_list("pk", flat=True))
            for model in (Companion, Conversation, Erasure, Import, Memory, Period, PortraitLine, Reply, Request)
        }
        turns = list(Turn.objects.of(person.pk).order_by("pk"))
        sessions = list(Session.objects.of(person.pk).values_list("pk", flat=True))
        steps = list(Step.objects.of(person.pk).values_list("pk", flat=True))
    named: dict[str, list[Any]] = {
        "companion": found[Companion],
        "conversation": found[Conversation],
        "erasure": found[Erasure],
        "import": found[Import],
        "memory": found[Memory],
        "period": found[Period],
        "line": found[PortraitLine],
        "reply": found[Reply],
        "request": found[Request],
        "turn": [turn.pk for turn in turns],
        "client": [turn.client_id for turn in turns],
        "session": sessions,
        "step": steps,
        "person": [person.pk],
        "invitation": list(Invitation.objects.filter(made_by=person).values_list("pk", flat=True)),
    }
    return named
