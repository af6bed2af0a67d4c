"""Sensitive matters are found by their words, in each language that is known, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.sensitive import LANGUAGES, chinese, english, is_sensitive

ENGLISH = [
    "My doctor prescribed new pills.",
    "I have been anxious: anxiety, at night.",
    "She came out to her parents.",
    "We pray before dinner.",
    "We voted for the greens at the election.",
    "His asylum was granted.",
    "My uncle was arrested.",
]
CHINESE = [
    "我上个月被确诊糖尿病了。",
    "她一直在看心理医生，因为抑郁。",
    "我哥哥去年出柜了。",
    "我们全家都信佛。",
    "这次选举我投票给他们。",
    "他的祖父是难民。",
    "我叔叔被逮捕过。",
]
TRADITIONAL = ["我上個月確診癌症。", "她患有憂鬱症。", "我爺爺在監獄裡。", "他去醫院做手術。", "我每天禱告。"]
HARMLESS = [
    "I'll be there at seven, as I said.",
    "The kettle sings at dawn.",
    "我妹妹住在里斯本。",
    "他教会我做面包。",
    "老师教会了我们游泳。",
    "礼拜天我和女同学去爬山。",
    "我们公司来了新教师。",
    "电脑有点毛病，可能中了病毒。",
    "",
]


@pytest.mark.parametrize("text", [*ENGLISH, *CHINESE, *TRADITIONAL])
def test_a_sensitive_matter_is_found_by_its_words(text):
    assert is_sensitive(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_touches_none_is_left_alone(text):
    assert not is_sensitive(text)


def test_an_english_word_is_found_in_a_chinese_sentence():
    assert is_sensitive("我有depression三年了")
    assert is_sensitive("他在吃antidepressants。")


def test_a_church_is_a_church_and_to_teach_somebody_is_not():
    assert is_sensitive("我周末去教会。")
    assert not is_sensitive("奶奶教会我包饺子。")


@given(st.sampled_from(chinese.WORDS.pattern.replace(r"(?![了]?[我你您他她它咱大])", "").split("|")), st.data())
def test_a_chinese_word_is_found_wherever_it_stands_and_however_its_lines_break(word, data):
    before, after = (
        data.draw(st.text("猫狗山水，。 \n", max_size=20)),
        data.draw(st.text("猫狗山水，。 \n", max_size=20)),
    )
    cut = data.draw(st.integers(0, len(word)))
    broken = word if word.isascii() else f"{word[:cut]}\n{word[cut:]}"
    assert chinese.touched(before + broken + after)


@given(st.text(alphabet=st.characters(max_codepoint=0x2FF)))
def test_without_han_characters_chinese_finds_what_is_written_in_letters_at_most(text):
    assert not chinese.touched(text.replace("HIV", ""))


def test_each_language_is_a_file_and_english_is_asked_first():
    assert [known.LANGUAGE for known in LANGUAGES] == ["English", "Chinese"]
    assert [english, chinese] == LANGUAGES
