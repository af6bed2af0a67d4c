"""The encoder as the web process has it: a chat worker reads the texts, Redis carries them there and back.

The web process never loads a model. The words lie in Redis for seconds only, under a random name that the worker takes
away as it reads; the task itself carries the name alone.
"""

import json
from io import BytesIO
from time import monotonic
from typing import cast
from uuid import UUID, uuid4

import numpy as np
from django.conf import settings
from django.utils.translation import gettext
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from memory.encoder import Encoder, Tokens, Vectors
from worker import stream

PATIENCE = 15.0  # seconds: a worker that has just started is still loading its model
AT_ONCE = 2  # seconds of one blocking wait, below the connection's own time-out


class EncoderAway(RuntimeError):
    """No worker read the texts. The message says what to do, in one line."""


class DistantEncoder:
    """Reads texts as the workers' encoder does; fit for questions, not for an import."""

    def __init__(self, *, patience: float = PATIENCE) -> None:
        self.name = settings.ENCODER  # until a worker has said which one it read with
        self._patience = patience

    def read(self, texts: list[str]) -> tuple[Vectors, Tokens]:
        """One unit vector a text, in order, and one for each of its tokens. Raises EncoderAway."""
        request_id = uuid4()
        try:
            _ask(request_id, texts, seconds=self._patience)
            answer = _wait(request_id, seconds=self._patience)
        except (RedisError, OperationalError) as error:
            raise EncoderAway(gettext("Redis can't be reached; start it, then search again.")) from error
        if answer is None:
            raise EncoderAway(
                gettext("No chat worker answered in time; start one (or wait until it has loaded its model).")
            )
        self.name, vectors, tokens = _unpacked(answer)
        return vectors, tokens


def read_texts(request_id: UUID, encoder: Encoder) -> None:
    """Read what is asked for and lay down the vectors, once: a second delivery finds nothing. Raises RedisError."""
    asked = cast("bytes | None", stream.connection().getdel(_asked_key(request_id)))
    if asked is None:
        return
    vectors, tokens = encoder.read(json.loads(asked))
    with stream.connection().pipeline() as pipe:
        pipe.rpush(_answer_key(request_id), _packed(encoder.name, vectors, tokens))
        pipe.expire(_answer_key(request_id), round(PATIENCE))
        pipe.execute()


def _ask(request_id: UUID, texts: list[str], *, seconds: float) -> None:
    from worker.tasks import read_texts as task

    stream.connection().set(_asked_key(request_id), json.dumps(texts), px=round(seconds * 1000))
    task.apply_async((str(request_id),), expires=seconds)


def _wait(request_id: UUID, *, seconds: float) -> bytes | None:
    deadline = monotonic() + seconds
    while (left := deadline - monotonic()) > 0:
        found = stream.connection().blpop([_answer_key(request_id)], timeout=min(left, AT_ONCE))
        if found:
            return cast("tuple[bytes, bytes]", found)[1]
    return None


def _packed(name: str, vectors: Vectors, tokens: Tokens) -> bytes:
    packed = BytesIO()
    lengths = np.array([len(each) for each in tokens])
    words = np.concatenate(tokens) if tokens else np.zeros((0, vectors.shape[1]), dtype=np.float32)
    np.savez(packed, name=np.array(name), vectors=vectors, lengths=lengths, words=words)
    return packed.getvalue()


def _unpacked(packed: bytes) -> tuple[str, Vectors, Tokens]:
    with np.load(BytesIO(packed), allow_pickle=False) as arrays:
        ends = np.cumsum(arrays["lengths"].astype(int))
        tokens = np.split(arrays["words"], ends[:-1]) if len(ends) else []
        return str(arrays["name"]), arrays["vectors"], tokens


def _asked_key(request_id: UUID) -> str:
    return f"rosemary:read:{request_id}"


def _answer_key(request_id: UUID) -> str:
    return f"rosemary:read:{request_id}:answer"
