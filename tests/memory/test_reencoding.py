"""Another encoder's keys are made beside those in use, and swapped in as one, while everything goes on."""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections

from memory import clock, dialogue, encoder, encoder_swap, erasure, indexing, policy, reencoding
from memory.isolation import acting_as
from memory.models import Collection, Companion, Erasure, Key, Lexicon, Memory, Turn
from memory.recall import recall
from tests.memory.test_dialogue import say
from worker import sweeps
from worker.tasks import consolidate

pytestmark = pytest.mark.django_db

SAID = [
    "My sister Clara moved to a small flat in Ghent with two cats in March.",
    "The boiler in the cellar makes a dreadful noise whenever it rains outside.",
    "On Sundays I bake rye bread with caraway from my grandmother’s recipe.",
    "The choir sings Fauré next month, and I have the alto solo this time.",
    "I live in Antwerp, in the tall house beside the old tram depot.",
    "I am afraid of the dentist since the business with the broken drill.",
]


@pytest.fixture(scope="module")
def narrow(tmp_path_factory):
    """MiniLM with its first 128 dimensions alone, saved as a model of its own."""
    return made(tmp_path_factory.mktemp("narrow"), dimension=128, scale=1.0)


@pytest.fixture(scope="module")
def dull(tmp_path_factory):
    """A model to which all texts are alike."""
    return made(tmp_path_factory.mktemp("dull"), dimension=64, scale=0.0)


def made(folder, *, dimension, scale):
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Dense

    whole = SentenceTransformer(str(encoder.PACKAGED["all-MiniLM-L6-v2"]()), device="cpu")
    last = Dense(384, dimension, bias=True, activation_function=torch.nn.Identity())
    with torch.no_grad():
        last.linear.weight.copy_(torch.eye(384)[:dimension] * scale)
        last.linear.bias.fill_(0.0 if scale else 1.0)
    SentenceTransformer(modules=[whole[0], whole[1], last], device="cpu").save(str(folder))
    return str(folder)


@pytest.fixture(autouse=True)
def back_to_the_packaged_one(transactional_db):
    """A swap holds for the whole process."""
    yield
    with connections["owner"].cursor() as cursor:
        cursor.execute("delete from memory_encoder_swap")
    encoder_swap.look_again()
    encoder._loaded.encoder = None


@pytest.fixture
def ana_told(ana):
    """Ana's words, a closed session with its summary and facts, all with keys of MiniLM."""
    return tell(ana)


def tell(person):
    began = clock.now() - timedelta(hours=2)
    first = say(person, SAID[0], at=began).turn
    for place, text in enumerate(SAID[1:], 1):
        say(person, text, at=began + timedelta(minutes=place), conversation=first.conversation_id)
    with acting_as(person.pk):
        turns = list(Turn.objects.order_by("number"))
        dialogue.close_session(session=first.session, at=clock.now())
    indexing.index_turns(person_id=person.pk, turn_ids=[turn.pk for turn in turns], encoder=encoder.current())
    consolidate(person.pk, first.session_id)
    return turns


def reencode(*arguments):
    out = StringIO()
    call_command("reencode", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """After a swap the command waits until all processes have noticed it; and compiling every encoder takes long."""
    monkeypatch.setenv("ENCODER_BACKEND", "torch")
    monkeypatch.setattr("companion.operations.management.commands.reencode.time.sleep", lambda _: None)
    monkeypatch.setattr(encoder_swap, "NOTICED_WITHIN", 0.0)


def keys(person, name):
    """What each key leads to, whatever made it."""
    with acting_as(person.pk):
        rows = Key.objects.filter(encoder=name).order_by("turn_id", "memory_id", "kind", "piece")
        return list(rows.values_list("turn_id", "memory_id", "fact_id", "kind", "piece", "length", "said_at"))


def found(person, question):
    """What the recall of the chat brings back first, by the encoder in use."""
    with acting_as(person.pk):
        remembering = recall(
            companion=Companion.objects.get(),
            person="Ana",
            question=question,
            moment=clock.local(clock.now(), person.time_zone),
            encoder=encoder.LocalEncoder(encoder_swap.in_use()),
            asked=True,
        )
        return Turn.objects.get(pk=remembering.candidates[0].turn_id).text


def words_counted(person):
    with acting_as(person.pk):
        return (
            sorted(Lexicon.objects.values_list("term", "frequency")),
            list(Collection.objects.values_list("turns", "length")),
        )


def test_every_key_has_its_like_and_after_the_swap_recall_goes_by_the_new_ones(ana, ana_told, narrow):
    before = keys(ana, "all-MiniLM-L6-v2")
    assert {key[3] for key in before} == {"turn", "fact", "summary"}
    told = reencode("--encoder", narrow)
    assert "is in use instead of all-MiniLM-L6-v2" in told
    assert keys(ana, narrow) == before == keys(ana, "all-MiniLM-L6-v2")
    assert encoder_swap.in_use() == narrow
    with acting_as(ana.pk):
        assert {len(key.embedding) for key in Key.objects.filter(encoder=narrow)} == {128}
        assert Key.objects.filter(encoder=narrow, tokens=None).count() == 0
    assert found(ana, "Where does Clara live?") == SAID[0]


def test_the_keys_are_those_that_indexing_itself_would_have_made(ana, ana_told, narrow):
    reencode("--encoder", narrow)
    with acting_as(ana.pk):
        copied = dict(Key.objects.filter(encoder=narrow, kind="turn").values_list("turn_id", "embedding"))
        signs = dict(Key.objects.filter(encoder=narrow, kind="turn").values_list("turn_id", "tokens"))
        Key.objects.filter(encoder=narrow).delete()
    indexing.index_turns(person_id=ana.pk, turn_ids=list(copied), encoder=encoder.LocalEncoder(narrow))
    with acting_as(ana.pk):
        for key in Key.objects.filter(encoder=narrow, kind="turn"):
            assert np.allclose(key.embedding, copied[key.turn_id], atol=1e-2)
            assert bytes(key.tokens) == bytes(signs[key.turn_id])


def test_no_word_is_counted_twice_whichever_way_the_keys_were_made(ana, ana_told, narrow):
    before = words_counted(ana)
    reencode("--encoder", narrow)
    assert words_counted(ana) == before
    with acting_as(ana.pk):
        Key.objects.filter(encoder=narrow).delete()
    turn_ids = [turn.pk for turn in ana_told]
    indexing.index_turns(person_id=ana.pk, turn_ids=turn_ids, encoder=encoder.LocalEncoder(narrow))
    assert words_counted(ana) == before
    with acting_as(ana.pk):
        indexing.unindex(person_id=ana.pk, turn_ids=turn_ids)
    assert words_counted(ana) == ([], [(0, 0)]) or all(frequency == 0 for _, frequency in words_counted(ana)[0])


def test_an_attempt_that_was_broken_off_goes_on_where_it_was(ana, ana_told, narrow, monkeypatch):
    monkeypatch.setattr(reencoding, "AT_ONCE", 2)
    rounds = reencoding.reencode_person(ana.pk, old="all-MiniLM-L6-v2", encoder=encoder.LocalEncoder(narrow))
    assert next(rounds) == 2
    rounds.close()
    with acting_as(ana.pk):
        there = set(Key.objects.filter(encoder=narrow).values_list("id", flat=True))
    reencode("--encoder", narrow)
    with acting_as(ana.pk):
        assert there < set(Key.objects.filter(encoder=narrow).values_list("id", flat=True))
    assert keys(ana, narrow) == keys(ana, "all-MiniLM-L6-v2")


def test_an_encoder_that_finds_too_little_is_not_swapped_in_unless_it_is_accepted(ana, ana_told, dull, monkeypatch):
    monkeypatch.setattr(reencoding, "FOUND_AMONG", 1)
    with pytest.raises(CommandError, match="The new one finds too little: nothing was swapped"):
        reencode("--encoder", dull)
    assert encoder_swap.in_use() == "all-MiniLM-L6-v2"
    assert "is in use instead" in reencode("--encoder", dull, "--accept")
    assert encoder_swap.in_use() == dull


def test_the_way_back_is_the_same_and_takes_in_what_was_said_meanwhile(ana, ana_told, narrow):
    reencode("--encoder", narrow)
    later = say(ana, "The cats in Ghent are called Pim and Pam, and they hate each other.", at=clock.now()).turn
    indexing.index_turns(person_id=ana.pk, turn_ids=[later.pk], encoder=encoder.LocalEncoder(narrow))
    assert later.pk not in {key[0] for key in keys(ana, "all-MiniLM-L6-v2")}
    reencode("--encoder", "all-MiniLM-L6-v2")
    assert encoder_swap.in_use() == "all-MiniLM-L6-v2"
    assert keys(ana, "all-MiniLM-L6-v2") == keys(ana, narrow)
    assert found(ana, "What are the cats called?").startswith("The cats in Ghent")


def test_who_names_either_of_the_two_has_the_one_in_use(settings, narrow, ana):
    encoder_swap.swap(old="all-MiniLM-L6-v2", new=narrow)
    for configured in ("all-MiniLM-L6-v2", narrow):
        settings.ENCODER = configured
        assert encoder_swap.in_use() == narrow
    encoder_swap.swap(old=narrow, new="all-MiniLM-L6-v2")
    for configured in ("all-MiniLM-L6-v2", narrow):
        settings.ENCODER = configured
        assert encoder_swap.in_use() == "all-MiniLM-L6-v2"


def test_a_process_goes_on_with_the_old_one_until_the_new_one_is_loaded(ana, ana_told, narrow):
    assert encoder.current().name == "all-MiniLM-L6-v2"
    encoder_swap.swap(old="all-MiniLM-L6-v2", new=narrow)
    assert encoder.current().name == "all-MiniLM-L6-v2"
    encoder._loaded.coming.join(timeout=60)
    assert encoder.current().name == narrow


def test_what_is_erased_meanwhile_gets_no_key(ana, ana_told, narrow):
    class Slow:
        """Something is erased just while it reads."""

        def __init__(self):
            self.own = encoder.LocalEncoder(narrow)
            self.name, self.count = narrow, self.own.count

        def read(self, texts):
            wish = erasure.Wish(Erasure.Kind.TURN, [ana_told[2].pk])
            erased = erasure.forget(person_id=ana.pk, wish=wish, after=timedelta())
            erasure.carry_out(person_id=ana.pk, erasure_id=erased.pk)
            return self.own.read(texts)

    rounds = reencoding.reencode_person(ana.pk, old="all-MiniLM-L6-v2", encoder=Slow())
    assert next(rounds) < len(ana_told)
    with acting_as(ana.pk):
        assert not Key.objects.filter(turn_id=ana_told[2].pk).exists()


def test_a_fact_that_goes_takes_its_keys_of_every_encoder_along(ana, ana_told, narrow):
    reencode("--encoder", narrow, "--no-swap")
    with acting_as(ana.pk):
        facts = set(Key.objects.filter(encoder=narrow, kind="fact").values_list("fact_id", flat=True))
        assert facts
        Memory.objects.filter(pk__in=facts).delete()
        assert not Key.objects.filter(fact_id__in=facts).exists()


def test_strangers_keys_are_made_as_well_and_stay_their_own(ana, ana_told, stranger, narrow):
    tell(stranger)
    reencode("--encoder", narrow)
    assert len(keys(stranger, narrow)) == len(keys(ana, narrow)) > 0
    with acting_as(stranger.pk):
        assert set(Key.objects.values_list("owner_id", flat=True)) == {stranger.pk}


def test_the_old_keys_go_only_when_it_is_said_and_never_those_in_use(ana, ana_told, narrow):
    reencode("--encoder", narrow)
    with pytest.raises(CommandError, match="In use is"):
        reencode("--encoder", "all-MiniLM-L6-v2", "--delete-others")
    encoder._loaded.encoder = None
    reencode("--encoder", narrow, "--delete-others")
    assert reencoding.counts().keys() == {narrow}
    assert f"In use: {narrow}" in reencode("--status")


def test_the_sweep_makes_keys_of_the_one_in_use(ana, ana_told, narrow):
    encoder_swap.swap(old="all-MiniLM-L6-v2", new=narrow)
    assert sorted(sweeps.turns_without_keys()[ana.pk]) == [turn.pk for turn in ana_told]


def test_a_name_that_cannot_be_loaded_changes_nothing(ana, ana_told):
    with pytest.raises(CommandError, match="there is no folder"):
        reencode("--encoder", str(Path("/no/such/folder")))
    assert encoder_swap.in_use() == "all-MiniLM-L6-v2"


@pytest.mark.parametrize("alias", ["default", "sweep"])
def test_only_the_owner_can_swap(ana, alias):
    with pytest.raises(DatabaseError), connections[alias].cursor() as cursor:
        cursor.execute("insert into memory_encoder_swap (configured, in_use) values ('a', 'b')")


def test_an_encoder_that_the_house_does_not_allow_is_refused_before_a_key_is_made(ana, ana_told, narrow):
    policy.rule_house({"encoders": ["all-MiniLM-L6-v2"]})
    with pytest.raises(CommandError, match="is no encoder that this house allows; there are: all-MiniLM-L6-v2"):
        reencode("--encoder", narrow)
    assert keys(ana, narrow) == []
    policy.rule_house({"encoders": ["all-MiniLM-L6-v2", narrow]})
    reencode("--encoder", narrow)
    assert encoder_swap.in_use() == narrow


def test_an_encoder_that_is_ruled_out_while_its_keys_are_made_is_not_swapped_in(ana, ana_told, narrow, monkeypatch):
    measured = reencoding.measure

    def then_ruled_out(**asked):
        policy.rule_house({"encoders": ["all-MiniLM-L6-v2"]})
        return measured(**asked)

    monkeypatch.setattr(reencoding, "measure", then_ruled_out)
    with pytest.raises(CommandError, match="is no encoder that this house allows"):
        reencode("--encoder", narrow)
    assert encoder_swap.in_use() == "all-MiniLM-L6-v2"


def test_a_setting_that_names_an_encoder_that_is_not_allowed_is_refused_and_reencode_leads_away_from_it(
    ana, ana_told, narrow, settings
):
    policy.rule_house({"encoders": ["all-MiniLM-L6-v2"]})
    settings.ENCODER = narrow
    with pytest.raises(encoder.EncoderUnavailable, match=r"ENCODER: .* is no encoder that this house allows"):
        encoder.current()
    reencode("--encoder", "all-MiniLM-L6-v2")
    assert encoder.current().name == "all-MiniLM-L6-v2"
