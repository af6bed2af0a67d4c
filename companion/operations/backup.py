"""Everything in the database as one file, and back: pg_dump’s one snapshot, streamed, encrypted by age where asked.

A dump holds what was erased after it was made. So the tombstones are written to a small file of their own, as often as
one likes; a restore looks through what it brought back, and erases again what a newer tombstone names.
"""

import hashlib
import hmac
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO

import pyrage
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connections, transaction
from django.db.backends.postgresql.client import DatabaseClient
from pyrage import x25519

from companion.operations.postgres import programs
from memory import erasure, tombstone
from memory.isolation import APP_ROLE, SWEEP_ROLE, acting_as
from memory.models import Erasure, Tombstone, Turn

AGE = b"age-encryption.org/"
AT_ONCE = 1000  # turns that are looked through, or erased, at a time


class NotDone(RuntimeError):
    """A backup or a restore failed; the message says why and what to do."""


def write(path: Path, *, recipient: str = "") -> None:
    """Dump the database into a new file that only we can read. Raises NotDone; the file is there whole or not at all.

    With a `recipient` (age1…) only who has its identity can read it.
    """
    with _whole(path) as out, _program("pg_dump", "--format=custom", stdout=subprocess.PIPE) as dump:
        assert dump.stdout is not None  # noqa: S101 - a pipe, as asked
        if recipient:
            pyrage.encrypt_io(dump.stdout, out, [_recipient(recipient)])
        else:
            while chunk := dump.stdout.read(1 << 20):
                out.write(chunk)


def read(path: Path, *, identity: Path | None = None) -> None:
    """Bring a dump back into a database in which nobody has an account. Raises NotDone; else all of it is there."""
    with path.open("rb") as file:
        encrypted = file.read(len(AGE)) == AGE
        file.seek(0)
        identities = _identities(identity) if encrypted else []
        _empty()
        options = ("--exit-on-error", "--single-transaction", "--no-owner", f"--dbname={_database()}")
        with _program("pg_restore", *options, stdin=subprocess.PIPE) as restore:
            assert restore.stdin is not None  # noqa: S101 - a pipe, as asked
            try:
                if encrypted:
                    pyrage.decrypt_io(file, restore.stdin, identities)
                else:
                    while chunk := file.read(1 << 20):
                        restore.stdin.write(chunk)
            except BrokenPipeError:
                restore.wait()  # it has said why
            except pyrage.DecryptError as error:
                restore.kill()
                raise NotDone(f"{path} cannot be decrypted with this identity ({error}).") from error
            except OSError as error:  # age finds each part of the file whole and its own, or reads no further
                restore.kill()
                raise NotDone(f"{path} is damaged or cut short: it cannot be decrypted to its end.") from error


def _recipient(text: str) -> x25519.Recipient:
    try:
        return x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise NotDone(f"{text} is no recipient of age ({error}); they begin with age1.") from error


def _identities(path: Path | None) -> list[x25519.Identity]:
    if path is None:
        raise NotDone("It is encrypted: name the file with age’s identity (--identity).")
    lines = [line.strip() for line in path.read_text().splitlines()]
    try:
        return [x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except pyrage.IdentityError as error:
        raise NotDone(f"{path} holds no identity of age ({error}).") from error


@contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    """A new file that appears under its name only when it is whole and on the disk."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123 - private
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except OSError as error:
        raise NotDone(f"{path} cannot be written ({error.strerror}).") from error
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _program(
    name: str, *options: str, stdin: int | None = None, stdout: int | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """One of PostgreSQL's own programs, as the owner of the tables. Raises NotDone with what it said last."""
    arguments, environment = DatabaseClient.settings_to_cmd_args_env(connections["owner"].settings_dict, [])
    where = arguments[1:] if name == "pg_dump" else arguments[1:-1]  # the last is the database
    command = [str(programs() / name), *options, *where]
    process = subprocess.Popen(
        command, env=os.environ | (environment or {}), stdin=stdin, stdout=stdout, stderr=subprocess.PIPE
    )
    with process:
        yield process
        if process.stdin is not None:
            process.stdin.close()
            process.stdin = None
        said = process.stderr.read().decode(errors="replace") if process.stderr else ""
    if process.returncode:
        raise NotDone(f"{name}: {(said.strip().splitlines() or ['it failed'])[-1]}")


def _database() -> str:
    return str(connections["owner"].settings_dict["NAME"])


def _empty() -> None:
    """Make room and the roles that the dump names. Raises NotDone where somebody has an account."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("select to_regclass('public.accounts_person') is not null")
        if cursor.fetchone()[0]:
            cursor.execute("select exists(select from accounts_person)")
            if cursor.fetchone()[0]:
                raise NotDone("People have accounts in this database. Restore into an empty one.")
        cursor.execute("drop schema public cascade; create schema public")
        for role in (APP_ROLE, SWEEP_ROLE):
            cursor.execute(
                f"do $$ begin create role {role} login noinherit; exception when duplicate_object then null; end $$"
            )


# Tombstones


def fingerprint() -> str:
    """What tells one secret key from another, and tells nothing else: tombstones hold under their own key only."""
    return hmac.new(settings.SECRET_KEY.encode(), b"tombstones in a file", hashlib.sha256).hexdigest()[:16]


def write_tombstones(path: Path) -> int:
    """Write who has an account and every tombstone, with no word in it; returns how many tombstones. Raises NotDone."""
    # Before people are listed: who signs up in between is not one who left.
    with connections["owner"].cursor() as cursor:
        cursor.execute("select last_value from accounts_person_id_seq")
        last = cursor.fetchone()[0]
    people = list(get_user_model().objects.order_by("pk").values_list("pk", flat=True))
    written = 0
    with _whole(path) as out:
        out.write(json.dumps({"secret": fingerprint(), "people": people, "last": last}).encode() + b"\n")
        for person_id in people:
            with acting_as(person_id):
                for digest in Tombstone.objects.of(person_id).values_list("digest", flat=True).iterator():
                    out.write(json.dumps([person_id, bytes(digest).hex()]).encode() + b"\n")
                    written += 1
    return written


@dataclass(frozen=True)
class Tombstones:
    """What a file of tombstones tells."""

    people: frozenset[int]  # who had an account
    last: int  # the highest number of a person by then: who is among these and not in `people` has left
    digests: dict[int, set[bytes]]  # of what was erased, by person


def read_tombstones(path: Path) -> Tombstones:
    """Raises NotDone where it is no such file, or was made under another secret key."""
    digests: dict[int, set[bytes]] = {}
    try:
        with path.open() as file:
            head = json.loads(file.readline())
            secret, people, last = head["secret"], frozenset(head["people"]), int(head["last"])
            for line in file:
                person_id, digest = json.loads(line)
                digests.setdefault(person_id, set()).add(bytes.fromhex(digest))
    except (ValueError, KeyError, TypeError) as error:
        raise NotDone(f"{path} is no file of tombstones (backup --tombstones writes one), or a part of one.") from error
    if secret != fingerprint():
        raise NotDone("The tombstones were made under another SECRET_KEY. Set that one, then restore.")
    return Tombstones(people, last, digests)


def replay(told: Tombstones) -> dict[str, int]:
    """Erase again what these tombstones name, and who has left since; how many turns and people.

    Redis is not asked, for it may be stopped: logs of replies are cleared away by a sweep once all runs again.
    """
    left = list(get_user_model().objects.filter(pk__lte=told.last).exclude(pk__in=told.people))
    for person in left:
        with acting_as(person.pk):
            erasure.delete_everything(person_id=person.pk)
            person.delete()
    turns = sum(_erase_again(person_id, theirs) for person_id, theirs in told.digests.items())
    return {"turns": turns, "people": len(left)}


def _erase_again(person_id: int, digests: set[bytes]) -> int:
    if not get_user_model().objects.filter(pk=person_id).exists():
        return 0
    with acting_as(person_id):
        turns = Turn.objects.of(person_id).only("client_id", "speaker", "text", "said_at")
        named = [turn.pk for turn in turns.iterator(AT_ONCE) if _is_named(person_id, turn, digests)]
    for start in range(0, len(named), AT_ONCE):
        wish = erasure.Wish(Erasure.Kind.TURN, named[start : start + AT_ONCE])
        asked = erasure.forget(person_id=person_id, wish=wish, after=timedelta())
        erasure.carry_out(person_id=person_id, erasure_id=asked.pk)
    with acting_as(person_id):
        tombstone.put_up(person_id, digests)  # also those of what was said and erased since the backup
    return len(named)


def _is_named(person_id: int, turn: Turn, digests: set[bytes]) -> bool:
    return tombstone.of_message(person_id, turn.client_id) in digests or tombstone.of_words(person_id, turn) in digests
