"""A process without a model has its question read by a worker; when none is there, it is told what to do."""

import json
from threading import Thread
from uuid import uuid4

import numpy as np
import pytest

from memory import encoder
from worker import distant_encoder, stream, tasks
from worker.distant_encoder import DistantEncoder, EncoderAway

TEXTS = ["Where do I keep my bees?", "I keep my bees", "养蜂"]


@pytest.fixture
def worker(monkeypatch):
    """Takes each request as a chat worker does, in a thread of its own."""
    taken = []

    def take(args, expires):
        taken.append(args[0])
        Thread(target=tasks.read_texts.run, args=args).start()

    monkeypatch.setattr(tasks.read_texts, "apply_async", take)
    return taken


def test_what_a_worker_read_for_us_is_what_its_encoder_reads(worker):
    vectors, tokens = DistantEncoder().read(TEXTS)
    own_vectors, own_tokens = encoder.current().read(TEXTS)
    assert np.allclose(vectors, own_vectors, atol=1e-6)
    assert [len(each) for each in tokens] == [len(each) for each in own_tokens]
    assert all(np.allclose(one, other, atol=1e-6) for one, other in zip(tokens, own_tokens, strict=True))


def test_nothing_of_the_words_is_left_in_redis_nor_stands_in_the_task(worker):
    DistantEncoder().read(TEXTS)
    assert list(stream.connection().scan_iter("rosemary:read:*")) == []
    assert len(worker) == 1
    assert "bees" not in worker[0]


def test_a_second_delivery_reads_nothing():
    request_id = uuid4()
    stream.connection().set(f"rosemary:read:{request_id}", json.dumps(["once"]), ex=30)
    for _ in range(2):
        distant_encoder.read_texts(request_id, encoder.current())
    assert stream.connection().llen(f"rosemary:read:{request_id}:answer") == 1


def test_without_a_worker_it_says_what_to_do():
    with pytest.raises(EncoderAway, match="start one"):
        DistantEncoder(patience=0.2).read(TEXTS)


def test_without_redis_it_says_what_to_do(monkeypatch):
    def away(*_, **__):
        raise stream.redis.ConnectionError

    monkeypatch.setattr(stream, "connection", away)
    with pytest.raises(EncoderAway, match="Redis"):
        DistantEncoder().read(TEXTS)
