"""Requests in plain Chinese are obeyed; what may be something else is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.models import Request
from memory.requests import chinese, read

REMEMBER = {
    "记住我妹妹搬到里斯本了。": "我妹妹搬到里斯本了。",
    "请记住：我对核桃过敏": "我对核桃过敏",
    "Rosemary，别忘了我的钥匙在花盆下面": "我的钥匙在花盆下面",
    "你能记住我上夜班吗？": "我上夜班",
    "请你记住我上夜班，好吗？": "我上夜班",
    "记住，我的生日是五月三日。": "我的生日是五月三日。",
    "帮我记一下，Wi-Fi 密码是 tern42": "Wi-Fi 密码是 tern42",
    "我希望你记住我们不吃肉。": "我们不吃肉。",
    "請記住我媽媽住在臺北。": "我媽媽住在臺北。",
}
FORGET = {
    "忘掉我说的关于胸针的话。": "胸针",
    "请忘记我告诉过你的关于离婚的一切": "离婚",
    "忘记我说过的湖边小屋": "湖边小屋",
    "忘掉关于汤姆的一切！": "汤姆",
    "把我说过的关于工作的事都删掉": "工作",
    "请把胸针的事忘了吧": "胸针",
    "删除你知道的关于罗马之行的内容": "罗马之行",
    "忘掉我住在波尔图这件事。": "我住在波尔图",
    "請忘記我說的關於離婚的話": "離婚",
}
KNOWN = [
    "你对我了解多少？",
    "你知道我什么？",
    "你都知道我些什么",
    "你知道关于我的哪些事？",
    "关于我，你记得什么？",
    "Rosemary，你目前对我有哪些了解？",
    "告诉我你知道的关于我的一切。",
    "你對我瞭解多少？",
]
NONE = [
    "记得那年夏天吗？",
    "你还记得我们在罗马见面吗？",
    "记得买牛奶。",
    "别忘了买牛奶",
    "记住",
    "记住这一点。",
    "我记住了那个名字。",
    "记住那个夏天的味道",
    "她说：记住我妹妹搬家了。",
    "她说，记住我妹妹搬家了。",
    "别忘了我说的话。",
    "忘了吧。",
    "忘记密码了",
    "忘掉我说的话。",
    "忘掉一切。",
    "我忘了我说过的关于胸针的话",
    "不要忘记我说的关于诚实的话，因为它重要。",
    "怎样忘记他说的关于我的话？",
    "你知道我什么时候生日？",
    "你对我妹妹了解多少？",
    "你知道里斯本什么？",
    "记住我妹妹的生日了吗？",
    "别忘了我住在哪里？",
    "删除文件",
]


@pytest.mark.parametrize(("text", "what"), REMEMBER.items())
def test_what_is_to_be_remembered_is_read_word_for_word(text, what):
    asked = read(text)
    assert asked is not None
    assert (asked.kind, text[asked.start : asked.end]) == (Request.Kind.REMEMBER, what)


@pytest.mark.parametrize(("text", "what"), FORGET.items())
def test_what_is_to_be_forgotten_is_read_word_for_word(text, what):
    asked = read(text)
    assert asked is not None
    assert (asked.kind, text[asked.start : asked.end]) == (Request.Kind.FORGET, what)


@pytest.mark.parametrize("text", KNOWN)
def test_who_asks_what_is_known_of_them_is_understood(text):
    asked = read(text)
    assert asked is not None
    assert asked.kind == Request.Kind.KNOWN


@pytest.mark.parametrize("text", NONE)
def test_what_may_be_something_else_is_no_request(text):
    assert read(text) is None


PARTS = "记住 记得 忘掉 忘记 把 我 你 说的 关于 胸针 的话 请 帮我 知道 什么 了解 多少 ， 。 ？ ： 事 都 删掉".split()


@given(st.text() | st.lists(st.sampled_from(PARTS)).map("".join))
def test_whatever_is_said_the_reading_ends_and_names_words_that_stand_there(text):
    asked = read(text)
    if asked is not None and asked.kind != Request.Kind.KNOWN:
        assert text[asked.start : asked.end].strip()


@given(st.text("記請幫別說話關於忘掉我你的胸針"))
def test_reading_traditional_characters_moves_nothing(text):
    assert len(text.translate(chinese.SIMPLIFIED)) == len(text)
