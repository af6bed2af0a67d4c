"""Once against an inference server that is not ours: `transformers serve`, with a tiny model of random weights."""

import os
import subprocess
import sys
import time

import httpx
import pytest

from tests.stack import free_port
from tests.worker.test_openai_compatible import prompt
from worker.engines.discovery import discover
from worker.engines.openai_compatible import OpenAICompatible

TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
MARKS = ["<|end|>", "<|system|>", "<|user|>", "<|assistant|>", "<unk>"]


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory):
    """A two-layer model that has learnt nothing, and a tokenizer that has read three sentences."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=MARKS, initial_alphabet=alphabet)
    tokenizer.train_from_iterator(["There is rosemary, that is for remembrance. Pray, love, remember."], trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|end|>", unk_token="<unk>")
    fast.chat_template = TEMPLATE
    config = LlamaConfig(
        vocab_size=len(fast),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        eos_token_id=fast.eos_token_id,
        bos_token_id=fast.eos_token_id,
        pad_token_id=fast.eos_token_id,
    )
    folder = tmp_path_factory.mktemp("tiny")
    fast.save_pretrained(folder)
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def server(tiny_model):
    port = free_port()
    log = (tiny_model / "serve.log").open("w")
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", str(tiny_model)]
    process = subprocess.Popen(
        [*command, "--port", str(port), "--device", "cpu"],
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        wait_until_it_answers(port, process, tiny_model / "serve.log")
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_until_it_answers(port, process, log, seconds=120):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.5)
    raise RuntimeError(log.read_text()[-3000:])


def test_a_reply_streams_from_it(server, tiny_model):
    engine = OpenAICompatible(url=f"http://127.0.0.1:{server}/v1", model=str(tiny_model), most_tokens=24)
    pieces = list(engine.stream(prompt("What is rosemary for?"), stopped=lambda: False))
    assert len(pieces) > 1
    assert "".join(pieces).strip()


def test_it_is_stopped_in_the_middle(server, tiny_model):
    engine = OpenAICompatible(url=f"http://127.0.0.1:{server}/v1", model=str(tiny_model), most_tokens=1500)
    talk = engine.stream(prompt("Never end."), stopped=lambda: False)
    assert next(talk) is not None
    talk.close()


def test_it_is_found_on_its_port(server):
    found = discover(not_ours=1, ports={server: "transformers"})
    assert found[0].models
