"""LoCoMo's format: long talks of two people (Maharana et al. 2024). The first of the two is the person."""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_noop

from memory.dialogue import UNKEEPABLE, is_blank
from memory.history.told import NO_WORDS, History, Skipped, Told, Unreadable, not_json, not_opened
from memory.wording import Wording

SESSION = re.compile(r"session_(\d+)")
MOMENT = "%I:%M %p on %d %B, %Y"  # "1:56 pm on 8 May, 2023"


def read(path: Path, *, zone: str, sample: str = "") -> History:
    """One sample of a file, by default its first; its dates stand on the person's clock. Raises Unreadable."""
    found = samples(path)
    names = [name for name, _ in found]
    if sample and sample not in names:
        of = {"path": str(path), "sample": sample, "names": ", ".join(names)}
        raise Unreadable(Wording(gettext_noop("%(path)s has no sample %(sample)s; it has %(names)s."), of))
    chosen = names.index(sample) if sample else 0
    talk = found[chosen][1].get("conversation")
    if not isinstance(talk, dict):
        of = {"path": str(path), "sample": names[chosen]}
        raise Unreadable(Wording(gettext_noop("Sample %(sample)s of %(path)s has no conversation."), of))
    others = [name for name in names if name != names[chosen]]
    remarks = (
        [f"Only sample {names[chosen]} was read: one person has one life. Others: {', '.join(others)}."]
        if others
        else []
    )
    sessions = sorted((int(m[1]), key) for key in talk if (m := SESSION.fullmatch(key)) and isinstance(talk[key], list))
    return History(
        source=f"locomo {names[chosen]}",
        total=sum(len(talk[key]) for _, key in sessions),
        entries=_entries(talk, [key for _, key in sessions], zone),
        person=str(talk.get("speaker_a", "")),
        companion=str(talk.get("speaker_b", "")),
        remarks=remarks,
    )


def samples(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """All samples of a file with their names. Raises Unreadable."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise not_opened(path, error) from error
    except (ValueError, RecursionError) as error:
        raise not_json(path) from error
    found = told if isinstance(told, list) else [told]
    if not found or not all(isinstance(sample, dict) for sample in found):
        raise Unreadable(Wording(gettext_noop("%(path)s is not a list of LoCoMo samples."), {"path": str(path)}))
    return [(str(sample.get("sample_id", number)), sample) for number, sample in enumerate(found)]


def _entries(talk: dict[str, Any], sessions: list[str], zone: str) -> Iterator[Told | Skipped]:
    for session in sessions:
        try:
            start = datetime.strptime(str(talk.get(f"{session}_date_time")), MOMENT).replace(tzinfo=ZoneInfo(zone))
        except ValueError:
            for place in range(len(talk[session])):
                yield Skipped(_where(session, place), Wording(gettext_noop("the session has no date and time")))
            continue
        for place, turn in enumerate(talk[session]):
            yield _entry(turn, talk, session, place, start + timedelta(minutes=place))


def _where(session: str, place: int) -> Wording:
    return Wording(gettext_noop("%(session)s, turn %(number)s"), {"session": session, "number": str(place + 1)})


def _entry(turn: Any, talk: dict[str, Any], session: str, place: int, said_at: datetime) -> Told | Skipped:
    where = _where(session, place)
    if not isinstance(turn, dict) or turn.get("speaker") not in (talk.get("speaker_a"), talk.get("speaker_b")):
        return Skipped(where, Wording(gettext_noop("neither of the two people said it")))
    text = str(turn.get("text") or "").translate(UNKEEPABLE)
    if caption := turn.get("blip_caption"):
        text = f"{text} [image: {caption}]".strip()
    if is_blank(text):
        return Skipped(where, NO_WORDS)
    speaker = "person" if turn["speaker"] == talk.get("speaker_a") else "companion"
    identity = str(turn.get("dia_id") or f"{session}:{place + 1}")
    return Told(identity, _title(talk), session, speaker, text, said_at)  # type: ignore[arg-type]


def _title(talk: dict[str, Any]) -> str:
    return f"{talk.get('speaker_a')} and {talk.get('speaker_b')}"
