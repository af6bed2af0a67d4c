"""Every way in: addresses, the socket's frames, tasks and commands, each with what is sent through it.

A way that is new is walked by itself. What only a person can know, the meaning of a name that is new, stands in
`KINDS`, and what such a door is sent beside ids in `SENT`; a guard fails where either is missing.
"""

import inspect
from argparse import ArgumentParser, _SubParsersAction
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, get_args
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import load_command_class
from django.urls import get_resolver

from companion.chat import protocol
from tests.guards.test_architecture import patterns, tasks
from tests.lives import Life
from tests.stack import ROOT

COMMANDS_FOLDER = Path(ROOT, "companion/operations/management/commands")

# What the ids in an address, a frame or a task's arguments are of; those of `TOLD` are none of anybody's.
KINDS = {
    name: name.removesuffix("s").removesuffix("_id")
    for name in (
        *("companion", "companion_id", "conversation", "conversation_id", "erasure", "erasure_id", "import_id"),
        *("line_id", "memory_id", "period_id", "reply", "reply_id", "request", "session_id", "step_id"),
        *("turn", "turns", "turn_ids", "person_id"),
    )
} | {"instead_of": "turn", "before": "turn", "down_to": "turn", "with": "companion", "client_id": "client"}
TOLD = {
    "code": "no-such-code",
    "key": "no-such-key",
    "uidb36": "1",
    "language": "en",
    "version": "1",
    "text": "The boat is called something.",
    "title": "Another title",
    "last_seq": 0,
    "off_record": False,
    "paused": True,
}
MANY = {"turns", "turn_ids"}

SENT: dict[str, dict[str, Any]] = {  # by the name of the address: fields of the form, or of the JSON
    "search": {"words": "boat"},
    "preferences_companion": {"name": "Basil", "manner": "Speak kindly."},
    "preferences_companion_new": {"name": "Basil", "manner": "Speak kindly."},
    "inspection_recall": {"question": "What is my boat called?", "companion": "companion"},
    "memories_listed": {"companion": "companion"},
    "memories_search": {"question": "What is my boat called?", "companion": "companion"},
    "memory_pin": {"pinned": True},
    "memory_correct": {"text": "It is otherwise.", "mistaken": True, "client_id": "client"},
    "memory_forget": {"with_repeats": True},
    "portrait_keep": {"companion": "companion", "for_all": False, "for_this": True},
    "portrait_correct": {"text": "likes something else"},
    "portrait_uncorrect": {"text": "likes tea", "confirmed": False},
}
JSON = {name for name in SENT if name.startswith(("memor", "portrait"))}
ASKED: dict[str, tuple[str, ...]] = {  # what stands after the question mark
    "turns": ("before", "down_to"),
    "chat": ("with",),
    "portrait": ("companion",),
    "portrait_moods": ("companion",),
    "timeline": ("companion",),
    "timeline_days": ("companion",),
}
EVERYBODYS = {  # tasks that name nobody: sweeps, and a question that is known by its own secret
    *("sweep_imports", "sweep_erasures", "sweep_keys", "sweep_fading", "sweep_replies", "sweep_sessions"),
    *("sweep_periods", "sweep_keeping", "draw_all_anew", "read_texts"),
}
ADMINISTRATORS = {"inspection_person_policy", "inspection_keep_person_policy"}  # who inspects rules nobody
COMMANDS = ("import_history", "load_demo", "rebuild")


@dataclass(frozen=True)
class Address:
    """A request: by whom, to where, with what."""

    name: str
    method: str
    path: str
    query: dict[str, Any]
    sent: dict[str, Any]


@dataclass
class Hand:
    """Picks ids: the other's where it can, one's own now and then beside them."""

    own: Life
    other: Life
    dice: Random
    fitting: dict[str, Any]

    def ids(self, name: str, kind: str, *, others: bool) -> Any:
        """An id, or several, for a name."""
        whose = self.other if others else self.own
        if name in self.fitting:
            return self.fitting[name]
        if name in MANY:
            return [self.dice.choice(whose.ids[kind])]
        return self.dice.choice(whose.ids[kind])

    def filled(self, names: dict[str, str]) -> dict[str, Any]:
        """A value for each name that has a kind. At least one is the other's, unless all are told."""
        own = {name for name in names if len(names) > 1 and self.dice.random() < 0.3}
        if own == set(names):
            own = set()
        if self.own is self.other:
            own = set()
        return {name: self.ids(name, kind, others=name not in own) for name, kind in names.items()}


def addresses() -> dict[str, Any]:
    """Every address that leads to a view, by its name."""
    return {pattern.name: pattern for pattern in patterns(get_resolver().url_patterns)}


def kind_in_address(name: str, argument: str) -> str | None:
    """Of what an address's argument is an id; None where it is none."""
    if argument == "pk":
        return "person" if name.startswith("inspection_") else "invitation"
    return KINDS.get(argument)


def request_to(name: str, method: str, hand: Hand) -> Address:
    """A request to an address, its ids filled in."""
    from django.urls import reverse

    arguments = addresses()[name].pattern.regex.groupindex
    sent = SENT.get(name, {})
    kinds = {argument: kind_in_address(name, argument) for argument in arguments}
    wanted = {argument: kind for argument, kind in kinds.items() if kind}
    wanted |= {asked: KINDS[asked] for asked in ASKED.get(name, ())}
    wanted |= {field: value for field, value in sent.items() if value in ("companion", "client")}
    filled = hand.filled(wanted)
    told = {argument: TOLD[argument] for argument in arguments if argument not in filled}
    path = reverse(name, kwargs={**told, **{a: filled[a] for a in arguments if a in filled}})
    body = {**sent, **{field: filled[field] for field in sent if field in filled}}
    if name == "preferences_import":
        body = {"file": SimpleUploadedFile("one.jsonl", LINE)}
    if method in READING:
        body = {}
    return Address(name, method, path, {asked: filled[asked] for asked in ASKED.get(name, ())}, body)


READING = ("GET", "HEAD")  # requests without a body
LINE = b'{"speaker": "person", "text": "I moved house.", "session": "1", "said_at": "2026-03-01T10:00:00Z"}\n'


def frames() -> dict[str, type[protocol.Frame]]:
    """Every frame that a browser may send, by its type."""
    return {get_args(one.model_fields["type"].annotation)[0]: one for one in get_args(protocol.Asked)}


def frame(kind: str, hand: Hand) -> dict[str, Any]:
    """A frame, its ids filled in; what may be left out is left out now and then."""
    fields = {name: field for name, field in frames()[kind].model_fields.items() if name != "type"}
    optional = {name for name, field in fields.items() if type(None) in get_args(field.annotation)}
    left_out = {name for name in optional if name not in hand.fitting and hand.dice.random() < 0.4}
    ids = {name: KINDS[name] for name in fields if name in KINDS and name not in left_out}
    if kind == "say" and "client_id" in ids and hand.dice.random() < 0.7:
        del ids["client_id"]  # one of their own, as the page makes it
    told = {name: TOLD[name] for name in fields if name in TOLD}
    empty = {name: None for name in left_out if fields[name].is_required()}
    sent = {"type": kind, **empty, **told, **hand.filled(ids)}
    if "client_id" in fields:
        sent.setdefault("client_id", uuid4())
    return sent


def people_s_tasks() -> dict[str, Any]:
    """Tasks that are done for a person, by their short name."""
    short = {task.name.rpartition(".")[2]: task for task in tasks()}
    return {name: task for name, task in short.items() if name not in EVERYBODYS}


def call(task: Any, hand: Hand) -> list[Any]:
    """A task's arguments: for oneself, with ids of the other's."""
    names = [name for name in inspect.signature(task.run).parameters if name != "person_id"]
    filled = hand.filled({name: KINDS[name] for name in names})
    as_sent = {
        name: str(value) if hasattr(value, "hex") and not isinstance(value, int) else value
        for name, value in filled.items()
    }
    return [hand.own.person.pk, *(as_sent[name] for name in names)]


def commands_for_a_person() -> set[str]:
    """Every management command of ours that takes a person, also where a part of it does."""
    names = [path.stem for path in COMMANDS_FOLDER.glob("[a-z]*.py")]
    return {
        name
        for name in names
        if "person" in _arguments(load_command_class("companion.operations", name).create_parser("manage.py", name))
    }


def _arguments(parser: ArgumentParser) -> set[str]:
    found = set()
    for action in parser._actions:
        found.add(action.dest)
        if isinstance(action, _SubParsersAction):
            for nested in action.choices.values():
                found |= _arguments(nested)
    return found
