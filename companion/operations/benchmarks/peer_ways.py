"""Other ways to remember, as published, each over single turns with the same encoder (bench peers)."""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np
from django.conf import settings

from companion.operations.benchmarks.scratch import owner_address
from memory import encoder, lexicon
from memory.history.told import Told

MOST = 50  # turns a search
FUSION = 60  # the constant of reciprocal rank fusion (Cormack et al. 2009)


@dataclass(frozen=True)
class Life:
    """What every way is given: one person's turns in order, and who they are."""

    turns: Sequence[Told]
    person: str
    companion: str
    moment: datetime  # of asking


class Way(Protocol):
    """One system, for one life."""

    remark: str  # what is missing of it here, beside its figures

    def write(self, life: Life) -> None:
        """Take in a whole life, as the system is used."""
        ...

    def search(self, question: str) -> list[str]:
        """The ids of turns, best first."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


def model_path() -> str:
    """Where the configured encoder lies."""
    packaged = encoder.PACKAGED.get(settings.ENCODER)
    return str(packaged()) if packaged else settings.ENCODER


@lru_cache(maxsize=1)
def _model() -> Any:
    """The encoder as everybody else loads it."""
    return import_module("sentence_transformers").SentenceTransformer(model_path(), device=encoder.device())


def _encoded(texts: Sequence[str]) -> Any:
    return _model().encode(list(texts), batch_size=32, normalize_embeddings=True, show_progress_bar=False)


class FlatCosine:
    """What most memory layers do: one vector a turn, the nearest first, all of them looked at."""

    versions = ("sentence-transformers", "numpy")
    remark = ""

    def write(self, life: Life) -> None:
        """Encode all turns in one call."""
        self._ids = [told.id for told in life.turns]
        self._vectors = _encoded([told.text for told in life.turns])

    def search(self, question: str) -> list[str]:
        """By cosine."""
        return _best(self._ids, self._vectors @ _encoded([question])[0])

    def close(self) -> None:
        """Nothing is open."""


class Words:
    """BM25 over Snowball stems without stop-words."""

    versions = ("rank-bm25",)
    remark = ""

    def write(self, life: Life) -> None:
        """Stem and count."""
        self._ids = [told.id for told in life.turns]
        stems = [lexicon.stems(told.text) or [""] for told in life.turns]
        self._index = import_module("rank_bm25").BM25Okapi(stems)

    def search(self, question: str) -> list[str]:
        """By BM25."""
        return _best(self._ids, self._index.get_scores(lexicon.stems(question)))

    def close(self) -> None:
        """Nothing is open."""


class Fused:
    """Reciprocal rank fusion of the two."""

    versions = ("rank-bm25", "sentence-transformers")
    remark = ""

    def __init__(self) -> None:
        self._parts = (FlatCosine(), Words())

    def write(self, life: Life) -> None:
        """Both take it in."""
        for part in self._parts:
            part.write(life)

    def search(self, question: str) -> list[str]:
        """By the sum of 1 / (60 + rank)."""
        scores: dict[str, float] = {}
        for part in self._parts:
            for rank, identity in enumerate(part.search(question), start=1):
                scores[identity] = scores.get(identity, 0.0) + 1 / (FUSION + rank)
        return sorted(scores, key=lambda identity: -scores[identity])[:MOST]

    def close(self) -> None:
        """Nothing is open."""


class LangChain:
    """LangChain's memory by vector store: a text a turn, asked by similarity_search."""

    versions = ("langchain-core",)
    remark = "in-memory vector store"

    def write(self, life: Life) -> None:
        """add_texts, all at once."""
        base: Any = import_module("langchain_core.embeddings").Embeddings
        made = type("Embeddings", (base,), {"embed_documents": _documents, "embed_query": _query})
        self._store = import_module("langchain_core.vectorstores").InMemoryVectorStore(made())
        told = life.turns
        self._store.add_texts([each.text for each in told], metadatas=[{"id": each.id} for each in told])

    def search(self, question: str) -> list[str]:
        """Its own order."""
        return [found.metadata["id"] for found in self._store.similarity_search(question, k=MOST)]

    def close(self) -> None:
        """Nothing is open."""


def _documents(_: Any, texts: list[str]) -> list[list[float]]:
    made: list[list[float]] = _encoded(texts).tolist()
    return made


def _query(_: Any, text: str) -> list[float]:
    made: list[float] = _encoded([text])[0].tolist()
    return made


class MemoryBank:
    """MemoryBank's search (Zhong et al. 2023): a chunk a round behind its date, flat and nearest first."""

    versions = ("sentence-transformers", "numpy")
    remark = "without the summaries (a model's), and without adding a hit's neighbours, which fills prompts, not ranks"

    def write(self, life: Life) -> None:
        """One text for a person's turn with the reply to it, as its loader words it."""
        self._rounds = _rounds(life.turns)
        self._vectors = _encoded([_chunk(one) for one in self._rounds])

    def search(self, question: str) -> list[str]:
        """The rounds by distance, each as its turns in order; vectors are of unit length, so distance is cosine."""
        order = _best(list(range(len(self._rounds))), self._vectors @ _encoded([question])[0])
        return [told.id for place in order for told in self._rounds[place]][:MOST]

    def close(self) -> None:
        """Nothing is open."""


def _rounds(turns: Sequence[Told]) -> list[list[Told]]:
    """A person's turn with the companion's after it, within a session; whoever has no counterpart stands alone."""
    rounds: list[list[Told]] = []
    for told in turns:
        answers = told.speaker == "companion" and rounds and [each.speaker for each in rounds[-1]] == ["person"]
        if answers and rounds[-1][0].session == told.session:
            rounds[-1].append(told)
        else:
            rounds.append([told])
    return rounds


def _chunk(told: Sequence[Told]) -> str:
    said = {each.speaker: each.text.strip() for each in told}
    day = told[0].said_at.date().isoformat()
    return f"Conversation content on {day}:[|User|]: {said.get('person', '')}; [|AI|]: {said.get('companion', '')}"


class Mem0:
    """mem0 without a language model: add(infer=False) turn by turn, in its pgvector store."""

    versions = ("mem0ai",)

    def __init__(self) -> None:
        os.environ["MEM0_TELEMETRY"] = "False"
        self._folder = tempfile.TemporaryDirectory(prefix="rosemary-mem0-")
        os.environ.setdefault("MEM0_DIR", self._folder.name)
        has_words = bool(find_spec("spacy") and find_spec("en_core_web_sm"))
        self.remark = "" if has_words else "its lexical half without spaCy's en_core_web_sm, which is not installed"

    def write(self, life: Life) -> None:
        """One call a turn, as a chat makes them."""
        self._memory = import_module("mem0").Memory.from_config(self._configuration())
        for told in life.turns:
            role = "user" if told.speaker == "person" else "assistant"
            message = {"role": role, "content": told.text}
            self._memory.add([message], user_id="person", metadata={"turn": told.id}, infer=False)

    def _configuration(self) -> dict[str, Any]:
        dimension = len(_encoded(["one"])[0])
        store = {"connection_string": owner_address(), "embedding_model_dims": dimension, "collection_name": "mem0"}
        return {
            "vector_store": {"provider": "pgvector", "config": store},
            "embedder": {"provider": "huggingface", "config": {"model": model_path(), "embedding_dims": dimension}},
            "llm": {"provider": "openai", "config": {"api_key": "never asked"}},
            "history_db_path": f"{self._folder.name}/history.db",
        }

    def search(self, question: str) -> list[str]:
        """Its own order; small talk below its threshold is left out by itself."""
        found = self._memory.search(question, top_k=MOST, filters={"user_id": "person"})
        return [each["metadata"]["turn"] for each in found["results"]]

    def close(self) -> None:
        """Its table goes, so that the next life begins empty."""
        self._memory.vector_store.delete_col()
        self._memory.vector_store.connection_pool.close()
        self._memory.close()
        self._folder.cleanup()


def _best(ids: Sequence[Any], scores: Any) -> list[Any]:
    return [ids[place] for place in np.argsort(-np.asarray(scores), kind="stable")[:MOST]]


def versions_of(names: Sequence[str]) -> str:
    """Installed versions, in words."""
    return ", ".join(f"{name} {version(name)}" for name in names)
