"""What is written or said once more: its versions are kept, one of them stands, and memory follows that one.

Only the end of a conversation has a choice: what was said later followed the version that stood then. What the person
said can be said otherwise while its session lasts, before anything but its round and its keys is made of it. Everything
here runs inside `acting_as(person)`.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import F, Max, Q
from django.utils.translation import gettext

from memory import clock, dialogue, indexing, quota, rounds, tombstone
from memory.consolidation import attempts
from memory.models import Companion, Conversation, Memory, Reply, Request, Source, Speaker, Step, Turn


class NoSuchVersion(LookupError):
    """This person has no such version, or it can be chosen no more."""


def versions(person_id: int, question_ids: Iterable[int]) -> dict[int, list[int]]:
    """The versions of the replies to these turns, by turn, the earliest first; they are turns of the companion."""
    written = Turn.objects.of(person_id).filter(answers__in=list(question_ids), speaker=Speaker.COMPANION, erasure=None)
    found: dict[int, list[int]] = {}
    for question, pk in written.order_by("pk").values_list("answers_id", "pk"):
        found.setdefault(question or 0, []).append(pk)
    return found


def write_anew(*, person_id: int, reply_id: UUID) -> bool:
    """Have a whole reply written once more; what stood is set aside. False where there is no such choice.

    Raises quota.OverQuota, for every version is stored.
    """
    tombstone.let_write(person_id)
    quota.check(person_id=person_id, now=clock.now())
    _hold_session(person_id, reply_id)
    whole = Reply.objects.of(person_id).filter(state=Reply.State.WHOLE, answer__isnull=False, turn__stands=True)
    reply = whole.select_for_update(of=("self",)).select_related("answer").filter(pk=reply_id).first()
    if reply is None or reply.answer is None or not _is_last(reply.answer):
        return False
    _set_aside(reply.answer)
    Reply.objects.of(person_id).filter(pk=reply_id).update(
        state=Reply.State.WAITING, answer=None, asked=F("asked") + 1, attempts=0, queued_at=clock.now()
    )
    return True


def stand(*, person_id: int, reply_id: UUID, turn_id: int) -> list[int]:
    """Let this version stand; the turns that want keys anew. Raises NoSuchVersion."""
    tombstone.let_write(person_id)
    _hold_session(person_id, reply_id)
    rows = Reply.objects.of(person_id).select_for_update(of=("self",)).exclude(state__in=Reply.OPEN)
    reply = rows.filter(pk=reply_id, turn__stands=True).first()
    written = Turn.objects.of(person_id).filter(pk=turn_id, speaker=Speaker.COMPANION, erasure=None)
    chosen = written.select_related("conversation").filter(answers=reply.turn_id).first() if reply else None
    if reply is None or chosen is None or not _is_last(chosen):
        raise NoSuchVersion(gettext("There is no such version to choose."))
    if reply.answer is not None and reply.answer != chosen:
        _set_aside(reply.answer)
    if not chosen.stands:
        chosen.stands = True
        chosen.save(update_fields=["stands"])
        if chosen.remembered:
            rounds.join([chosen])
    Reply.objects.of(person_id).filter(pk=reply_id).update(
        answer=chosen, state=Reply.State.WHOLE, explanation="", can_retry=False
    )
    return [reply.turn_id, chosen.pk]


def say_instead(
    *,
    turn_id: int,
    person_id: int,
    companion: Companion,
    conversation_id: UUID | None,
    client_id: UUID,
    text: str,
    said_at: datetime,
) -> dialogue.Said:
    """Say otherwise what was said last; what was said before is set aside with the reply to it.

    The same client id again returns what was kept. Raises NoSuchVersion, and what `dialogue.say` raises.
    """
    tombstone.let_write(person_id)
    _hold(person_id, conversation_id)
    before = None
    if not Turn.objects.of(person_id).filter(client_id=client_id).exists():
        before = _last_said(person_id, turn_id)
        if before.conversation_id != conversation_id:
            raise NoSuchVersion(gettext("This was said in another conversation."))
        _set_aside_round(before)
    said = dialogue.say(
        person_id=person_id,
        companion=companion,
        conversation_id=conversation_id,
        client_id=client_id,
        text=text,
        said_at=said_at,
    )
    if before is not None:
        said.turn.first_version_id = before.first_version_id or before.pk
        said.turn.save(update_fields=["first_version"])
        _name_anew(said.turn, before)
    return said


def _name_anew(turn: Turn, before: Turn) -> None:
    """A conversation that is called by its first words is called by those that stand."""
    conversation = turn.conversation
    if turn.number == 1 and conversation.title == dialogue.title_from(before.text) and not conversation.named:
        conversation.title = dialogue.title_from(turn.text)
        conversation.save(update_fields=["title"])


def stand_said(*, person_id: int, turn_id: int) -> Turn:
    """Let this version of what was said last stand, with the reply to it. Raises NoSuchVersion."""
    tombstone.let_write(person_id)
    chosen = Turn.objects.of(person_id).filter(pk=turn_id, speaker=Speaker.PERSON, erasure=None).first()
    if chosen is None:
        raise NoSuchVersion(gettext("There is no such version to choose."))
    _hold(person_id, chosen.conversation_id)
    chosen.refresh_from_db()
    if chosen.stands:
        return chosen
    first = chosen.first_version_id or chosen.pk
    others = Turn.objects.of(person_id).filter(Q(pk=first) | Q(first_version=first), stands=True)
    current = others.values_list("pk", flat=True).first()
    if current is None:
        raise NoSuchVersion(gettext("There is no such version to choose."))
    before = _last_said(person_id, current)
    _set_aside_round(before)
    answer = Turn.objects.of(person_id).filter(written_by__turn=chosen, erasure=None)
    told = [chosen, *answer]
    Turn.objects.of(person_id).filter(pk__in=[turn.pk for turn in told]).update(stands=True)
    rounds.join([turn for turn in told if turn.remembered])
    wish = Request.objects.of(person_id).filter(turn=chosen, kind=Request.Kind.REMEMBER, state=Request.State.DONE)
    if wish.exists():
        wish.update(memory=rounds.pin(chosen))
    _name_anew(chosen, before)
    return chosen


def said_versions(person_id: int, turns: Iterable[Turn]) -> dict[int, list[int]]:
    """The versions of what the person said, by each of these turns that has more than one, the earliest first."""
    first = {turn.pk: turn.first_version_id or turn.pk for turn in turns if turn.speaker == Speaker.PERSON}
    edited = Turn.objects.of(person_id).filter(first_version__in=set(first.values()), erasure=None).order_by("pk")
    found: dict[int, list[int]] = {}
    for pk, root in edited.values_list("pk", "first_version_id"):
        found.setdefault(root or 0, []).append(pk)
    return {pk: [root, *found[root]] for pk, root in first.items() if root in found}


def _hold(person_id: int, conversation_id: UUID | None) -> None:
    """Lock the conversation before the lexicon, in the order in which a cut takes them."""
    list(Conversation.objects.of(person_id).filter(pk__in=[conversation_id]).select_for_update())


def _hold_session(person_id: int, reply_id: UUID) -> None:
    """Lock the steps of a reply's session, then its conversation, in the order in which a cut takes them."""
    answered = Turn.objects.of(person_id).filter(reply=reply_id).values_list("session_id", "conversation_id").first()
    if answered is not None:
        session_id, conversation_id = answered
        list(Step.objects.of(person_id).filter(session=session_id).order_by("pk").select_for_update())
        _hold(person_id, conversation_id)


def _last_said(person_id: int, turn_id: int) -> Turn:
    """What the person said last in a session that lasts, its reply finished. Raises NoSuchVersion."""
    standing = Turn.objects.of(person_id).shown().filter(speaker=Speaker.PERSON, session__closed_at=None)
    said = standing.exclude(reply__state__in=Reply.OPEN).filter(pk=turn_id).first()
    if said is None:
        raise NoSuchVersion(gettext("This was said too long ago to be changed."))
    later = Turn.objects.of(person_id).filter(conversation=said.conversation_id, number__gt=said.number, stands=True)
    if later.exclude(answers=said).exists():
        raise NoSuchVersion(gettext("More was said since: only the last can be changed."))
    return said


def _set_aside_round(said: Turn) -> None:
    """What was said, its reply, their keys and their round; the turn before is read anew without them."""
    told = Turn.objects.of(said.owner_id).filter(Q(pk=said.pk) | Q(answers=said), stands=True)
    ids = list(told.values_list("pk", flat=True))
    told.update(stands=False)
    before = Turn.objects.of(said.owner_id).filter(session=said.session_id, number=said.number - 1, stands=True)
    indexing.unindex(person_id=said.owner_id, turn_ids=ids)
    indexing.unindex(person_id=said.owner_id, turn_ids=before.values_list("pk", flat=True), but_of_facts=True)
    Source.objects.of(said.owner_id).filter(turn__in=ids).delete()
    Memory.objects.of(said.owner_id).filter(kind=Memory.Kind.ROUND, session=said.session_id, sources=None).delete()


def _is_last(answer: Turn) -> bool:
    """Whether nothing was said after it; its versions share its place."""
    turns = Turn.objects.of(answer.owner_id).filter(conversation=answer.conversation_id)
    return bool(turns.aggregate(last=Max("number"))["last"] == answer.number)


def _set_aside(answer: Turn) -> None:
    """Nothing is made of it while another stands: keys, its part in the round, and what is told of its session.

    The question is read with what came after it, so its keys are made anew as well.
    """
    answer.stands = False
    answer.save(update_fields=["stands"])
    Source.objects.of(answer.owner_id).filter(turn=answer).delete()
    beside = [answer.answers_id] if answer.answers_id else []
    indexing.unindex(person_id=answer.owner_id, turn_ids=[answer.pk])
    indexing.unindex(person_id=answer.owner_id, turn_ids=beside, but_of_facts=True)
    attempts.ask_anew(Step.objects.of(answer.owner_id).filter(session=answer.session_id))
