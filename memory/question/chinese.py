"""Questions in Chinese: their words stand anywhere in the sentence, not at its beginning."""

import re

from memory import lexicon

SIMPLIFIED = str.maketrans(
    "記還請訴說過麼裡哪為誰幾嗎樣時間個點歲講對給薦議問聽",
    "记还请诉说过么里哪为谁几吗样时间个点岁讲对给荐议问听",
)
POLITENESS = r"(?:(?:嘿|喂|嗨|你好|请问|请|那么?|好的?|对了|可是|但是|所以)[，,\s]*)*"
ASKING = re.compile(
    rf"^{POLITENESS}(?:[你您]?(?:还|是否|能不能|可以|能)?(?:记不记得|知不知道|记得|知道|告诉我|提醒我)|告诉我|提醒我|"
    r"我(?:有没有|是不是)?(?:以前|之前)?(?:跟[你您]|对[你您]|和[你您])?(?:说过|讲过|提过|提到过|告诉过[你您]|说|提到))"
    r"(?:关于|有关)?[，,：:\s]*"
)
INTERROGATIVE = (
    r"(?:在|去|从|到)?(?:哪里|哪儿)|什么(?:时候|地方|时间|样|名字)?|啥|哪(?:一?[天年个位家些次种])|谁|怎么样?|怎样|为什么|为何|"
    r"多少(?:钱|个|岁|次)?|多(?:大|久|长|远|高)|几(?:点|岁|个|次|月|号|年|天|时)|何时|如何|干嘛"
)
QUESTION_WORD = re.compile(INTERROGATIVE)
EITHER = re.compile(r"是不是|有没有|会不会|能不能|要不要|喜不喜欢|对不对|好不好")
PARTICLE = re.compile(r"(?:[吗呢]|(?<![什怎这那多])么)[。！!\s]*$")
NOT_KNOWN = re.compile(rf"(?:不|没|无|想|才)(?:知道|记得|清楚|管|论|确定|明白)|(?:{INTERROGATIVE}).{{0,3}}[都也]")
REQUEST = re.compile(
    rf"^{POLITENESS}(?:[你您])?(?:帮我|给我)?(?:总结|概括|列出|列举|描述|解释|说说|讲讲|告诉我|提醒我|回忆)"
)
CLAUSE = re.compile(r"[。！!；;\n]\s*\S")
LONGEST = 40  # characters of what is a question by its words alone
COMPANION_SAID = re.compile(r"[你您](?:之前|以前|上次|曾经|曾)?(?:[跟对给向]我)?(?:说|讲|告诉|推荐|建议|提议|提到)过?")
FIRST_PERSON = re.compile(r"我|咱|俺")
POINTS_BACK = re.compile(r"[他她它]|这|那|其")
GOES_ON = re.compile(rf"^{POLITENESS}[^，。？?]{{1,8}}呢[？?\s]*$")
SAYS_LITTLE = 2  # stems: a question with fewer may be understood only after what came before it
SWAPPED = str.maketrans({"你": "我", "您": "我", "我": "你"})


def normal_form(question: str, *, person: str, companion: str) -> str:
    """The question without its wrapping, with pronouns for the two; empty where nothing is left."""
    form = ASKING.sub("", question.strip().translate(SIMPLIFIED), count=1)
    form = QUESTION_WORD.sub("", PARTICLE.sub("", form.rstrip("？?")))
    form = EITHER.sub(lambda found: found[0][0], form)
    if _companion_said(question):
        form = form.translate(SWAPPED)
    else:
        for name, pronoun in ((person, "我"), (companion, "你")):
            form = form.replace(name.strip(), pronoun) if name.strip() else form
    return form.strip(" \n\t?!.,;:？！。，；：、")


def asked_about(question: str, *, person: str, companion: str) -> str | None:
    """Whose words are looked for: "person", "companion", or None where the question does not say."""
    if _companion_said(question):
        return "companion"
    if FIRST_PERSON.search(question):
        return "person"
    names = {"person": person.strip(), "companion": companion.strip()}
    named = sorted((question.find(name), who) for who, name in names.items() if name and name in question)
    return named[0][1] if named else None


def _companion_said(question: str) -> bool:
    return COMPANION_SAID.search(question.translate(SIMPLIFIED)) is not None and "我" in question


def points_back(question: str) -> bool:
    """Whether a word of it stands for something that was said before."""
    return POINTS_BACK.search(question) is not None


def stands_alone(question: str, form: str) -> bool:
    """Whether it tells what it is about."""
    told = len(set(lexicon.stems(form))) >= SAYS_LITTLE
    return told and not GOES_ON.match(question) and not (points_back(question) and not FIRST_PERSON.search(question))


def asks(text: str) -> bool:
    """Whether a text ends as a question does, begins as a request, or is one short clause with a word that asks."""
    plain = text.strip().translate(SIMPLIFIED)
    if PARTICLE.search(plain) or REQUEST.match(plain):
        return True
    word = QUESTION_WORD.search(plain) or EITHER.search(plain)
    return word is not None and len(plain) <= LONGEST and not CLAUSE.search(plain) and not NOT_KNOWN.search(plain)
