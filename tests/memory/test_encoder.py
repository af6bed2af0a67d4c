"""An encoder that can't be had is told in one line; a multilingual one can be named by its folder."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread

import numpy as np
import pytest

from memory import compiled, encoder
from memory.encoder import EncoderUnavailable, LocalEncoder


@pytest.mark.parametrize("name", ["/no/such/folder", "./nor/this", "~/nor-that"])
def test_a_folder_that_is_not_there_is_told_in_one_line(name):
    with pytest.raises(EncoderUnavailable) as failure:
        LocalEncoder(name)
    assert str(failure.value).startswith(f"ENCODER names {name}, where there is no folder.")
    assert "\n" not in str(failure.value)


def test_a_folder_that_holds_no_model_is_told_in_one_line(tmp_path):
    with pytest.raises(EncoderUnavailable) as failure:
        LocalEncoder(str(tmp_path))
    assert str(tmp_path) in str(failure.value)
    assert "\n" not in str(failure.value)


def test_what_the_hub_does_not_have_is_told_in_one_line(monkeypatch):
    def absent(name):
        raise OSError("no-such/encoder is not a local folder and is not a valid model identifier.\nIf this is private…")

    monkeypatch.setattr(encoder, "_opened", absent)
    with pytest.raises(
        EncoderUnavailable, match=r"ENCODER names no-such/encoder.*not a valid model identifier"
    ) as failure:
        LocalEncoder("no-such/encoder")
    assert "\n" not in str(failure.value)


def test_a_folder_that_holds_one_is_taken():
    folder = str(encoder.PACKAGED["all-MiniLM-L6-v2"]())
    assert LocalEncoder(folder).encode(["Guten Morgen."]).shape == (1, 384)


def test_texts_are_read_with_others_of_their_length_only(monkeypatch):
    """A short one beside a long one would be padded to its length, which costs more than a pass of its own."""
    together = []
    passes = encoder._passes
    monkeypatch.setattr(encoder, "_passes", lambda model, read_in: together.extend(read_in) or passes(model, read_in))
    texts = ["Yes.", "many words " * 60, "No, not at all.", "other words " * 58]
    own = LocalEncoder("all-MiniLM-L6-v2")
    together.clear()  # what was read to see whether it is compiled well
    vectors, tokens = own.read(texts)
    assert sorted(len(batch["input_ids"]) for batch in together) == [2, 2]
    for place, text in enumerate(texts):
        alone, its = own.read([text])
        assert vectors[place] == pytest.approx(alone[0], abs=1e-5)
        assert len(tokens[place]) == len(its[0])


def test_the_same_text_is_read_once_and_given_in_each_place(monkeypatch):
    read, forward = [], encoder._forward
    monkeypatch.setattr(encoder, "_forward", lambda model, texts: read.extend(texts) or forward(model, texts))
    vectors, tokens = LocalEncoder("all-MiniLM-L6-v2").read(["bees", "a hive", "bees"])
    assert sorted(read) == ["a hive", "bees"]
    assert np.array_equal(vectors[0], vectors[2])
    assert not np.array_equal(vectors[0], vectors[1])
    assert len(tokens) == 3


def test_a_question_does_not_wait_for_what_nobody_waits_for(monkeypatch):
    own, forward = LocalEncoder("all-MiniLM-L6-v2"), encoder._forward
    begun, asked = Event(), Event()

    def slowly(model, texts):
        if "a diary" in texts:
            begun.set()
            assert asked.wait(10), "the question stands behind the diary"
        return forward(model, texts)

    monkeypatch.setattr(encoder, "_forward", slowly)
    later = Thread(target=own.unhurried.read, args=(["a diary"],), daemon=True)
    later.start()
    assert begun.wait(10)
    read, _ = own.read(["Where is it?"])
    asked.set()
    later.join(10)
    assert not later.is_alive()
    assert read[0] == pytest.approx(own.unhurried.read(["Where is it?"])[0][0], abs=1e-5)


@pytest.mark.django_db
def test_two_lines_read_at_once_what_each_reads_alone():
    own = LocalEncoder("all-MiniLM-L6-v2")
    texts = [f"{number} bees " * (1 + number % 40) for number in range(60)]
    alone = own.encode(texts)
    with ThreadPoolExecutor(2) as both:
        reading = [both.submit(line.encode, [text]) for text in texts for line in (own, own.unhurried)]
    read = np.concatenate([one.result() for one in reading])
    assert np.abs(read[::2] - alone).max() < 1e-5
    assert np.abs(read[1::2] - alone).max() < 1e-5


@pytest.mark.django_db
def test_one_thread_counts_while_others_read():
    """A tokenizer's padding is its own state: counting beside a pass must not take it away."""
    current = encoder.current()
    texts = [["one two", "one two three four five six seven " * (1 + place % 7)] for place in range(40)]
    counted = Event()

    def count():
        while not counted.is_set():
            current.count("one two three")

    counting = [Thread(target=count, daemon=True) for _ in range(3)]
    for thread in counting:
        thread.start()
    try:
        assert all(len(current.read(pair)[0]) == 2 for pair in texts)
    finally:
        counted.set()
        for thread in counting:
            thread.join(timeout=10)
    assert current.count("one two three") == 3


def test_the_compiled_transformer_reads_as_the_model_itself_does(monkeypatch):
    texts = ["I keep bees behind the garage. " * times for times in (1, 2, 30)] + ["Hi", "养蜂"]
    monkeypatch.setenv("ENCODER_BACKEND", "torch")
    vectors, tokens = LocalEncoder("all-MiniLM-L6-v2").read(texts)
    monkeypatch.setenv("ENCODER_BACKEND", "openvino")
    faster = LocalEncoder("all-MiniLM-L6-v2")
    read, words = faster.read(texts)
    assert type(faster._model[0].model).__name__ == "Compiled"
    assert np.abs(read - vectors).max() < 1e-5
    assert all(np.abs(one - other).max() < 1e-5 for one, other in zip(words, tokens, strict=True))


def test_a_model_that_can_not_be_compiled_is_read_by_torch(monkeypatch, caplog):
    def refuse(*_):
        raise RuntimeError("no such operation")

    monkeypatch.setattr(compiled, "_compiled", refuse)
    assert LocalEncoder("all-MiniLM-L6-v2").encode(["Hi"]).shape == (1, 384)
    assert "no such operation" in caplog.text


@pytest.mark.django_db
def test_a_compiled_model_that_reads_otherwise_is_not_taken(monkeypatch, caplog):
    import torch

    def wrong(transformer, features, threads):
        class Wrong(torch.nn.Module):
            config = transformer.config

            def forward(self, **given):
                made = transformer(**given)
                made.last_hidden_state = made.last_hidden_state.flip(2)
                return made

        return Wrong()

    monkeypatch.setattr(compiled, "_compiled", wrong)
    own = encoder.current().encode(["Hi"])
    assert np.abs(LocalEncoder("all-MiniLM-L6-v2").encode(["Hi"]) - own).max() < 1e-5
    assert "not the encoder's" in caplog.text


def test_compiling_tells_nobody(monkeypatch):
    """OpenVINO's own converter reports its use over the network unless it is told not to."""
    import openvino_telemetry

    def tell(*_, **__):
        raise AssertionError("somebody is told")

    monkeypatch.setattr(openvino_telemetry.Telemetry, "__init__", tell)
    assert type(LocalEncoder("all-MiniLM-L6-v2")._model[0].model).__name__ == "Compiled"
