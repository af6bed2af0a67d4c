"""Another language is a matter of a file: everything said to a person is gathered, translated and served."""

import re
from collections import Counter

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.urls import reverse
from django.utils import translation

from companion.languages.versions import version_of
from companion.operations import messages
from companion.operations.languages import LOCALE, languages
from memory import encoder
from memory.isolation import acting_as
from memory.models import Reply
from tests.memory.test_dialogue import say
from worker.engines import RecallOnly
from worker.replying import write_reply

DOMAINS = ("django", "djangojs")
CATALOGUES = sorted(LOCALE.glob("*/LC_MESSAGES/*.po"))
PLACE = re.compile(r"%\(\w+\)s|\{\w*\}")
CHINESE = {"HTTP_ACCEPT_LANGUAGE": "zh-CN,zh;q=0.9,en;q=0.5"}


def catalogue(path):
    with path.open("rb") as file:
        return read_po(file)


def ids(catalogue):
    return {(message.context, message.id) for message in catalogue if message.id}


def forms(words):
    return (words,) if isinstance(words, str) else tuple(words)


TAG = re.compile("<[^>]*>")
TRANSLATED = re.compile(r"{%\s*blocktranslate.*?{%\s*endblocktranslate\s*%}|{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)
LINKED = re.compile(r"<(?:a|button|h1|h2|p|label|small|summary)\b[^>]*>([^<]*)")
HAN = "[\\u3400-\\u9fff\\uff00-\\uffef]"
HALF_WIDE = re.compile(rf"{HAN}”?\s*(?:[,;!?()]|:(?!\d)|\.(?!\w)|\")|[,;:!?()\"]\s*“?{HAN}")


class TestCatalogues:
    @pytest.mark.parametrize("domain", DOMAINS)
    def test_the_template_has_all_that_the_code_says_and_nothing_else(self, domain):
        written = ids(catalogue(LOCALE / f"{domain}.pot"))
        said = ids(messages.templates()[domain])
        assert said == written, "run: make messages"

    @pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: str(path.relative_to(LOCALE)))
    def test_every_language_is_complete(self, path):
        own = catalogue(path)
        assert ids(own) == ids(catalogue(LOCALE / f"{path.stem}.pot")), "run: make messages"
        assert [message.id for message in own if message.id and not all(forms(message.string))] == []
        assert [message.id for message in own if message.id and message.fuzzy] == []

    @pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: str(path.relative_to(LOCALE)))
    def test_a_translation_has_the_places_of_what_it_translates(self, path):
        for message in catalogue(path):
            if message.id:
                allowed = [Counter(PLACE.findall(form)) for form in forms(message.id)]
                for form in forms(message.string):
                    assert Counter(PLACE.findall(form)) in allowed, message.id

    @pytest.mark.parametrize("domain", DOMAINS)
    def test_chinese_has_marks_as_wide_as_its_characters(self, domain):
        said = catalogue(LOCALE / "zh_Hans" / "LC_MESSAGES" / f"{domain}.po")
        told = [form for message in said if message.id for form in forms(message.string)]
        assert [form for form in told if HALF_WIDE.search(PLACE.sub("字", TAG.sub("", form)))] == []

    def test_no_template_says_a_word_outside_of_the_catalogues(self):
        templates = settings.BASE_DIR.joinpath("companion", "templates").rglob("*.html")
        written = {path.name: LINKED.findall(TRANSLATED.sub("", path.read_text())) for path in templates}
        said = {(name, text) for name, texts in written.items() for text in texts if re.search("[a-z]{3}", text)}
        assert {text for _, text in said} <= {"Rosemary"}, said

    def test_a_language_is_a_folder(self, tmp_path):
        assert languages([tmp_path]) == [("en", "English")]
        folder = tmp_path / "pt_BR" / "LC_MESSAGES"
        folder.mkdir(parents=True)
        (folder / "django.po").touch()
        assert languages([tmp_path]) == [("en", "English"), ("pt-br", "Português Brasileiro")]


class TestGathering:
    @pytest.mark.parametrize(
        ("source", "found"),
        [
            ('gettext("One word")', ("One word", None)),
            ("{gettext('a') + other}", ("a", None)),
            ('ngettext(\n  "%(count)s day",\n  "%(count)s days",\n  n)', (("%(count)s day", "%(count)s days"), None)),
            ('pgettext("date format", "l j F")', ("l j F", "date format")),
            ('gettext("so " + "long", { a })', ("so long", None)),
            ('gettext("say \\"yes\\" – “é”")', ('say "yes" – “é”', None)),
        ],
    )
    def test_calls_of_the_page_are_found_by_their_form(self, tmp_path, source, found):
        path = tmp_path / "Page.svelte"
        path.write_text(f"<p>It’s {{x}}</p>\n{source}\n")
        ((line, words, _, context),) = messages._calls(path)
        assert (words, context) == found
        assert line == 2

    @pytest.mark.parametrize("source", ["gettext(words)", "gettext(`so ${long}`)", 'ngettext("one", many, 2)'])
    def test_words_that_are_not_written_out_are_refused(self, tmp_path, source):
        path = tmp_path / "Page.svelte"
        path.write_text(source)
        with pytest.raises(messages.NotLiteral, match="must stand there"):
            list(messages._calls(path))


@pytest.mark.django_db
class TestPages:
    def test_a_page_speaks_the_browsers_language_to_whom_is_not_signed_in(self, client, ana):
        page = client.get(reverse("account_login"), **CHINESE)
        assert page["Content-Language"] == "zh-hans"
        assert '<html lang="zh-Hans">' in page.text
        assert "登录" in page.text
        assert "Sign in" not in page.text

    def test_a_language_that_is_not_here_is_english_and_needs_no_catalogue(self, client, ana):
        page = client.get(reverse("account_login"), HTTP_ACCEPT_LANGUAGE="tlh")
        assert '<html lang="en">' in page.text
        assert "/language/" not in page.text

    def test_what_a_person_chose_goes_before_their_browser(self, client, ana):
        client.force_login(ana)
        form = {"name": "Ana", "time_zone": "", "language": "zh-hans"}
        page = client.post(reverse("account_preferences"), form, follow=True)
        assert '<html lang="zh-Hans">' in page.text
        assert "已保存。" in page.text
        ana.refresh_from_db()
        assert ana.speaks == "zh-hans"
        client.post(reverse("account_preferences"), form | {"language": "en"}, **CHINESE)
        ana.refresh_from_db()
        assert ana.speaks == "en"

    def test_a_language_that_nobody_speaks_here_cannot_be_chosen(self, client, ana):
        client.force_login(ana)
        page = client.post(reverse("account_preferences"), {"name": "Ana", "language": "tlh"})
        assert page.context["form"].errors.keys() == {"language"}

    def test_the_browsers_language_is_remembered_for_what_is_said_later(self, client, ana):
        client.force_login(ana)
        client.get(reverse("account_preferences"), **CHINESE)
        ana.refresh_from_db()
        assert (ana.language, ana.speaks) == ("", "zh-hans")

    def test_one_that_was_taken_away_is_english(self, ana):
        ana.language = "tlh"
        assert ana.speaks == "en"


@pytest.mark.django_db
class TestThePagesWords:
    def address(self, version):
        return reverse("catalogue", args=["zh-hans", version])

    def test_they_are_a_script_of_this_address_that_is_kept_until_it_changes(self, client, ana):
        version = version_of("zh-hans")
        assert f'<script src="{self.address(version)}">' in client.get(reverse("account_login"), **CHINESE).text
        script = client.get(self.address(version))
        assert script["Content-Type"].startswith("text/javascript")
        assert "immutable" in script["Cache-Control"]
        assert "eval" not in script.text
        assert "Undo" in script.text

    def test_under_another_version_they_are_told_and_not_kept(self, client):
        script = client.get(self.address("0" * 16))
        assert script.status_code == 200
        assert script["Cache-Control"] == "no-store"

    def test_a_language_that_is_not_here_has_none(self, client):
        assert client.get(reverse("catalogue", args=["tlh", "0"])).status_code == 404

    def test_english_needs_none(self):
        with translation.override("en"):
            assert version_of("en") == ""


@pytest.mark.django_db
class TestReplies:
    def answer(self, person, text):
        said = say(person, text)
        write_reply(person_id=person.pk, reply_id=said.reply.pk, engine=RecallOnly(), encoder=encoder.current())
        with acting_as(person.pk):
            return Reply.objects.select_related("answer").get(pk=said.reply.pk).answer.text

    def test_what_code_answers_is_in_the_persons_language_and_their_words_are_theirs(self, ana):
        ana.language = "zh-hans"
        ana.save()
        assert self.answer(ana, "Remember that I keep bees.") == "我会记住的，用你自己的话。"
        told = self.answer(ana, "Forget what I said about bees.")
        assert told.startswith("我找到一件你告诉过我的关于“bees”的事")
