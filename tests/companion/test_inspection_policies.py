"""Policies: ruled by administrators alone, told by their effect before they are kept, recorded, and seen by people."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from companion.inspection import audit
from companion.inspection.models import Access, Role
from memory import clock, encoder, permission, policy
from memory.history import sent
from memory.isolation import acting_as
from memory.models import HousePolicy, Import, Matter
from memory.policy import Ruled
from memory.wording import of_stored
from tests.inspectors import administrator, inspector, official, signed_in, to, visit
from tests.memory.test_dialogue import companion_of, say
from tests.visitor import sign_up, who, words
from worker import engines, tasks

__all__ = ["administrator", "inspector"]
pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

HOUSE, KEEP = "/inspect/policies/", "/inspect/policies/keep/"
AS_IT_IS = {f"may_{matter.value}": "on" for matter in Matter} | {"fading_companion": "on", "fading_paper": "on"}


@pytest.fixture(autouse=True)
def drawn_anew(monkeypatch):
    """Whose portraits are to be drawn anew."""
    people = []
    monkeypatch.setattr(tasks.draw_anew, "delay", people.append)
    monkeypatch.setattr(tasks.draw_all_anew, "delay", lambda: people.append("all"))
    return people


def asked(client, address=HOUSE, **changes):
    """What a change would do."""
    return client.post(address, {**AS_IT_IS, **changes})


def kept(client, address=KEEP, asked_at=HOUSE, **changes):
    """The change is kept, its effect told before."""
    told = asked(client, asked_at, **changes).context["sent"]
    answer = client.post(address, {**AS_IT_IS, **changes, "told": told})
    assert answer.status_code == 302, words(answer)
    return answer


def without(*names):
    """The form with ticks taken away."""
    return dict.fromkeys(names, "")


def ruled(person) -> Ruled:
    with acting_as(person.pk):
        return policy.ruled(person.pk)


def record():
    with audit.auditing():
        return list(Access.objects.order_by("pk"))


@pytest.mark.parametrize("role", [None, Role.SUPPORT, Role.INSPECTOR])
def test_nobody_but_an_administrator_rules(role, ana):
    client = signed_in(official(role))
    for address in (HOUSE, KEEP):
        assert client.get(address).status_code in (403, 405)
        assert client.post(address, {**AS_IT_IS, "keep_days": "1"}).status_code == 403
    if role:
        visit(client, ana)
    assert client.get(to("person_policy", ana)).status_code == 403
    assert client.post(to("keep_person_policy", ana), {**AS_IT_IS, "keep_days": "1"}).status_code == 403
    assert not HousePolicy.objects.exists()


def test_the_effect_is_told_in_counts_before_anything_is_kept(administrator, ana, stranger):
    for person, turns in ((ana, 3), (stranger, 2)):
        for number in range(turns):
            say(person, f"Number {number}.", at=clock.now() - timedelta(days=100))
        say(person, "Today.")
    page = words(asked(administrator, keep_days="90"))
    assert "Tonight at 03:00 UTC this erases 5 turns of 2 people" in page
    assert not HousePolicy.objects.exists()
    page = words(asked(administrator, keep_days="200"))
    assert "Nothing is older than 200 days now." in page


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (without("may_facts"), "No new facts are made."),
        (without("may_portrait"), "Portraits reach no prompt any more"),
        (without("fading_paper"), "Memories fade slowly, over weeks, whatever was chosen"),
        ({"engines": "kind-8b\n\nkind-8b\n other"}, "speak by the house’s own, from their next reply on"),
        ({"messages_a_minute": "5"}, "more than 5 messages in a minute is asked to wait"),
        ({"most_turns": "1"}, "1 person has as many turns already"),
        ({"most_turns": "1000"}, "Nobody has as many turns yet."),
        (
            {"encoders": "all-MiniLM-L6-v2\n/models/other"},
            "ENCODER and manage.py reencode refuse any that is not among",
        ),
        ({"sign_up": "closed"}, "Nobody may sign up."),
        ({}, "Nothing: it is as it was."),
    ],
)
def test_each_rule_is_told_by_what_it_does(administrator, ana, change, told):
    say(ana)
    assert told in words(asked(administrator, **change))


def test_what_is_kept_is_recorded_with_what_it_was_and_told_to_everybody(administrator, ana, drawn_anew):
    kept(administrator, **without("may_portrait"), keep_days="90", engines="kind-8b\nother")
    assert (ruled(ana).unkept, ruled(ana).keep_days, ruled(ana).engines) == ({"portrait"}, 90, ["kind-8b", "other"])
    (row,) = record()
    assert (row.act, row.details) == (
        "policy",
        {"unkept": [[], ["portrait"]], "keep_days": [None, 90], "engines": [[], ["kind-8b", "other"]]},
    )
    assert drawn_anew == ["all"]
    page = words(signed_in(ana).get(reverse("account_preferences")))
    assert "What you said more than 90 days ago is erased each night" in page
    assert "has switched this off for you" in page


def test_what_was_changed_after_its_effect_was_told_is_told_of_first(administrator, ana):
    told = asked(administrator, keep_days="90").context["sent"]
    answer = administrator.post(KEEP, {**AS_IT_IS, "keep_days": "1", "told": told})
    assert answer.status_code == 200
    assert "What this does" in words(answer)
    assert administrator.post(KEEP, {**AS_IT_IS, "keep_days": "1"}).status_code == 200
    assert not HousePolicy.objects.exists()


@pytest.mark.parametrize("of_whom", ["the house", "one person"])
def test_what_another_administrator_ruled_meanwhile_is_not_undone_untold(administrator, ana, of_whom):
    keep, ask = KEEP, HOUSE
    if of_whom == "one person":
        visit(administrator, ana)
        keep, ask = to("keep_person_policy", ana), to("person_policy", ana)
    told = asked(administrator, ask, messages_a_minute="5").context["sent"]
    kept(administrator, keep, ask, keep_days="90")
    answer = administrator.post(keep, {**AS_IT_IS, "messages_a_minute": "5", "told": told})
    assert answer.status_code == 200
    assert "Nothing is erased for its age by this rule any more." in words(answer)
    assert ruled(ana).keep_days == 90
    again = administrator.post(keep, {**AS_IT_IS, "messages_a_minute": "5", "told": answer.context["sent"]})
    assert again.status_code == 302
    assert (ruled(ana).keep_days, ruled(ana).messages_a_minute) == (None, 5)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"keep_days": "0"}, "greater than or equal to 1"),
        ({"keep_days": "forever"}, "Enter a whole number"),
        ({"most_turns": "99999999999"}, "less than or equal to"),
        (without("fading_paper", "fading_companion"), "Leave at least one way of fading"),
        ({"engines": "x" * 300}, "too long to be a model’s name"),
        ({"engines": "a\u202eb"}, "letters only"),
        ({"encoders": "/models/other"}, "all-MiniLM-L6-v2 is in use. Go over to another first"),
        ({"sign_up": "perhaps"}, "Select a valid choice"),
    ],
)
def test_what_can_not_be_ruled_is_refused_beside_its_field(administrator, ana, change, why):
    answer = asked(administrator, **change)
    assert answer.status_code == 200
    assert why in words(answer)
    assert answer.context["told"] is None


def test_which_encoders_may_be_used_is_recorded_and_ruled_for_the_whole_house_alone(administrator, ana):
    kept(administrator, encoders="all-MiniLM-L6-v2\n /models/other \nall-MiniLM-L6-v2")
    (row,) = record()
    assert row.details == {"encoders": [[], ["all-MiniLM-L6-v2", "/models/other"]]}
    visit(administrator, ana)
    page = words(administrator.get(to("person_policy", ana)))
    assert "Models that companions may speak by" in page
    assert "Encoders" not in page


def test_one_person_is_ruled_within_a_visit_and_reads_it(administrator, ana, stranger):
    assert administrator.get(to("person_policy", ana)).status_code == 302  # the reason is asked for first
    visit(administrator, ana)
    kept(administrator, to("keep_person_policy", ana), to("person_policy", ana), messages_a_minute="5")
    assert ruled(ana).messages_a_minute == 5
    assert ruled(stranger).messages_a_minute is None
    assert [one.act for one in record()] == ["opened", "figures", "policy"]
    assert "changed what the house allows" in words(signed_in(ana).get("/account/looks/"))
    assert "5 messages a minute are taken" in words(signed_in(ana).get(reverse("account_preferences")))
    assert "What this house allows" not in words(signed_in(stranger).get(reverse("account_preferences")))


def test_a_persons_portrait_is_drawn_anew_once_their_rule_is_written(administrator, ana, drawn_anew):
    visit(administrator, ana)
    rule = without("may_portrait")
    kept(administrator, to("keep_person_policy", ana), to("person_policy", ana), **rule)
    kept(administrator, to("keep_person_policy", ana), to("person_policy", ana), keep_days="9", **rule)
    assert drawn_anew == [ana.pk]


def test_the_effect_on_one_person_counts_theirs_alone(administrator, ana, stranger):
    for person in (ana, stranger):
        say(person, "Once.", at=clock.now() - timedelta(days=100))
    visit(administrator, ana)
    assert "erases 1 turn of 1 person" in words(asked(administrator, to("person_policy", ana), keep_days="90"))


def test_a_persons_own_choice_outlasts_a_rule_that_is_lifted(ana):
    companion_of(ana)
    client = signed_in(ana)
    mine = {matter.value: "on" for matter in Matter if matter != Matter.SUMMARIES}
    client.post(reverse("preferences_remembering"), {**mine, "fading": "companion"})
    policy.rule_house({"unkept": ["facts", "summaries"]})
    page = client.get(reverse("account_preferences")).content.decode()
    assert page.count("disabled") >= 2
    client.post(reverse("preferences_remembering"), {"portrait": "on", "sensitive": "on", "fading": "companion"})
    policy.rule_house({"unkept": []})
    with acting_as(ana.pk):
        assert permission.chosen(ana.pk).unkept == ["summaries"]
        companion = companion_of(ana)
        assert permission.may_remember(companion, Matter.FACTS)


def test_a_way_of_fading_that_is_not_allowed_can_not_be_chosen(ana):
    policy.rule_house({"fadings": ["companion"]})
    client = signed_in(ana)
    page = client.get(reverse("account_preferences")).content.decode()
    assert 'value="paper" disabled' in page
    assert "could not be kept" in words(client.post(reverse("preferences_remembering"), {"fading": "paper"}))


def test_a_companion_is_offered_the_models_that_are_allowed(ana, monkeypatch):
    companion = companion_of(ana)
    monkeypatch.setattr(engines, "offered", lambda: ["kind-8b", "other-70b"])
    policy.rule_house({"engines": ["kind-8b"]})
    client, address = signed_in(ana), reverse("preferences_companion", args=[companion.pk])
    page = client.get(address).content.decode()
    assert "kind-8b" in page
    assert "other-70b" not in page
    refused = client.post(address, {"name": "Rosemary", "engine": "other-70b"})
    assert refused.status_code == 200
    with acting_as(ana.pk):
        companion.refresh_from_db()
    assert companion.engine == ""


@pytest.mark.parametrize(
    ("rule", "setting", "let_in"),
    [("closed", "open", False), ("open", "closed", True), ("", "open", True), ("invitation", "open", False)],
)
def test_who_may_sign_up_is_as_ruled_and_else_as_the_setting_says(ana, settings, rule, setting, let_in):
    settings.SIGN_UP = setting
    policy.rule_house({"sign_up": rule})
    visitor = Client(HTTP_HOST="localhost")
    sign_up(visitor, email="new@example.org")
    assert bool(who(visitor)) == let_in


def test_a_newcomer_reads_before_they_sign_up_what_is_ruled(ana):
    visitor = Client(HTTP_HOST="localhost")
    assert "What this house allows" not in words(visitor.get(reverse("account_signup")))
    policy.rule_house({"unkept": ["facts", "portrait"], "keep_days": 90, "most_turns": 1000})
    page = words(visitor.get(reverse("account_signup")))
    assert "What this house allows" in page
    assert "Not remembered here: What you tell it, A portrait of you." in page
    assert "What you said more than 90 days ago is erased each night" in page
    assert "1000 turns are kept of you at most." in page


def test_a_history_that_would_not_fit_is_not_imported(ana):
    policy.rule_house({"most_turns": 3})
    lines = [
        {
            "id": f"{number}",
            "session": "s",
            "speaker": "person",
            "text": f"Number {number}.",
            "said_at": "2026-01-01T10:00:00Z",
        }
        for number in range(4)
    ]
    file = SimpleUploadedFile("history.jsonl", "\n".join(map(json.dumps, lines)).encode())
    signed_in(ana).post(reverse("preferences_import"), {"file": file})
    with acting_as(ana.pk):
        (row,) = Import.objects.all()
    sent.run(person_id=ana.pk, import_id=row.pk, encoder=encoder.current())
    with acting_as(ana.pk):
        row.refresh_from_db()
    assert row.state == "unreadable"
    assert "It would add 4 turns, and 3 more fit" in str(of_stored(row.problem))
    assert "3 more turns of yours fit here" in words(signed_in(ana).get(reverse("preferences_import")))


def test_support_sees_in_the_receipts_that_something_was_kept_too_long(inspector, ana):
    policy.rule_house({"keep_days": 30})
    say(ana, "Long ago.", at=clock.now() - timedelta(days=40))
    tasks.keep_no_longer(ana.pk)
    visit(inspector, ana)
    assert "Withheld: kept too long" in words(inspector.get(to("person", ana)))


@pytest.mark.parametrize("role", [None, *Role])
def test_who_has_a_role_finds_the_administration_in_the_menu_of_the_account(role):
    client = signed_in(official(role))
    for address in ("/", "/memories/", "/portrait/", "/timeline/"):
        urls = client.get(address).context["boot"]["urls"]
        assert urls["inspection"] == ("/inspect/" if role else "")
