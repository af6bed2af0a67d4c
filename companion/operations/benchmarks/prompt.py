"""Prompts of one conversation: how much of each a server's prefix cache has already seen."""

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from companion.operations.benchmarks.scratch import scratch_database, scratch_person
from companion.operations.benchmarks.synthetic import Talk, history
from companion.operations.benchmarks.telling import Telling
from memory import clock, dialogue, encoder, indexing
from memory import reply as replies
from memory.consolidation import steps
from memory.encoder import Encoder
from memory.engine import Prompt
from memory.history.keep import keep
from memory.isolation import acting_as
from memory.models import Companion, Reply
from memory.prompt_cache import prefix_share
from worker import replying
from worker.engines.recall_only import RecallOnly

BEFORE = 200  # made-up turns that are remembered from earlier days
SUMMED_UP = 3  # of the sessions before, the latest, as a worker would have by then


def add_arguments(parser: ArgumentParser) -> None:
    """How long the conversation is."""
    parser.add_argument("--turns", type=int, default=50, help="of person and companion together (default: %(default)s)")


def run(*, tell: Telling, turns: int, **_: Any) -> dict[str, Any]:
    """Talk, with earlier days to remember, and compare each prompt with the one before it."""
    with scratch_database(), tell.progress() as bar:
        companion = scratch_person("talker", name="Ida")[1]
        talk = Talk(seed=1)
        _remember_earlier_days(companion, talk, encoder.current())
        task = bar.add_task("Talking", total=turns // 2)
        prompts = []
        for made in _conversation(companion, talk, turns // 2, encoder.current()):
            prompts.append(made)
            bar.advance(task)
    figures = {
        "prefix_share": round(prefix_share([made.messages for made in prompts]), 4),
        "prompts": len(prompts),
        "notes_a_prompt": round(sum(len(made.notes) for made in prompts) / max(len(prompts), 1), 1),
    }
    tell.table(f"A conversation of {turns} turns", [figures])
    return {"turns": turns, **figures}


def _remember_earlier_days(companion: Companion, talk: Talk, encoder_: Encoder) -> None:
    kept = keep(companion=companion, history=history(talk, turns=BEFORE), encoder=encoder_)
    for session_id in kept.sessions[-SUMMED_UP:]:
        steps.run(person_id=companion.owner_id, session_id=session_id, engine=RecallOnly(), encoder=encoder_)


def _conversation(companion: Companion, talk: Talk, rounds: int, encoder_: Encoder) -> Iterator[Prompt]:
    """Each turn of the person's through the chat's own steps, each answered at some length."""
    conversation_id = None
    for _ in range(rounds):
        reply = claimed(companion, conversation_id, talk.text())
        conversation_id = reply.turn.conversation_id
        yield replying.remember(reply, RecallOnly(), encoder_)
        with acting_as(companion.owner_id):
            replies.finish(reply=reply, state=Reply.State.WHOLE, text=f"{talk.text()} {talk.text()}")
            answered = Reply.objects.of(companion.owner_id).get(pk=reply.pk).answer_id
        said = [reply.turn_id, *([answered] if answered else [])]
        indexing.index_turns(person_id=companion.owner_id, turn_ids=said, encoder=encoder_)


def claimed(companion: Companion, conversation_id: Any, text: str) -> Reply:
    """A turn of the person, said now, with its reply in our hands."""
    with acting_as(companion.owner_id):
        said = dialogue.say(
            person_id=companion.owner_id,
            companion=companion,
            conversation_id=conversation_id,
            client_id=uuid4(),
            text=text,
            said_at=clock.now(),
        )
        reply = replies.claim(reply_id=said.reply.pk)
    assert reply is not None  # noqa: S101 - nobody else is there
    return reply
