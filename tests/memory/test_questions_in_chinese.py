"""A question in Chinese is known as one, and its normal form is what its answer would have sounded like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory import gate
from memory.question import asked_about, asks, ends_in_question, in_context, normal_form


@pytest.mark.parametrize(
    "text",
    [
        "我妹妹住在哪里？",
        "我妹妹住在哪里",
        "我的猫叫什么名字",
        "我喜欢喝茶吗",
        "你还记得我的生日吗？",
        "告诉我关于汤姆的事",
        "我有没有说过湖边的小屋",
        "我媽媽是誰",
        "我的 Kindle 放在哪儿了",
        "What did I say about 面包?",
    ],
)
def test_a_question_is_known_by_its_words_with_or_without_its_mark(text):
    assert asks(text)


@pytest.mark.parametrize(
    "text",
    [
        "我妹妹住在里斯本。",
        "我不知道为什么。",
        "我什么都喜欢吃。",
        "谁也没来。",
        "我今天去了医院。",
        "昨天我问他去哪里。他没有回答，我们就回家了。",
    ],
)
def test_a_statement_is_none(text):
    assert not asks(text)


@pytest.mark.parametrize(
    ("question", "form"),
    [
        ("我妹妹住在哪里？", "我妹妹住"),
        ("你还记得我的猫叫什么名字吗？", "我的猫叫"),
        ("林晓住在哪里？", "我住"),
        ("我有没有说过湖边的小屋？", "湖边的小屋"),
        ("你给我推荐过什么电影？", "我给你推荐过电影"),
        ("什么？", "什么？"),
    ],
)
def test_wrapping_falls_away_and_names_become_pronouns(question, form):
    assert normal_form(question, person="林晓", companion="迷迭香") == form


@pytest.mark.parametrize(
    ("question", "who"),
    [
        ("我妹妹住在哪里？", "person"),
        ("你给我推荐过什么电影？", "companion"),
        ("林晓住在哪里？", "person"),
        ("迷迭香喜欢什么？", "companion"),
        ("里斯本冷吗？", None),
    ],
)
def test_whose_words_are_looked_for(question, who):
    assert asked_about(question, person="林晓", companion="迷迭香") == who


def test_a_question_that_goes_on_is_read_after_the_one_before():
    before = ["我妹妹住在哪里？", "你告诉过我：里斯本。"]
    assert "妹妹" in in_context("汤姆呢？", normal_form("汤姆呢？"), before)
    alone = normal_form("我妹妹住在哪里？")
    assert in_context("我妹妹住在哪里？", alone, ["别的话。"]) == alone


def test_a_turn_that_ends_with_a_wide_question_mark_ends_in_a_question():
    assert ends_in_question("那你呢？")
    assert ends_in_question("看！这是什么？[image: 一只猫]")


@pytest.mark.parametrize("text", ["你好！", "早上好", "谢谢你", "晚安。", "你好，迷迭香！"])
def test_small_talk_needs_no_memory(text):
    assert not gate.needs_memory(text, companion="迷迭香")


@given(st.text("我你他妹住在哪里什么吗呢？，。记得说过推荐abc ", max_size=60))
def test_any_text_has_a_normal_form_that_is_not_emptier_than_it(question):
    assert bool(normal_form(question, person="林晓", companion="迷迭香").strip()) == bool(question.strip())
