"""Requests in Chinese. Reminiscence (记得那年夏天…), errands (记得买牛奶) and quotations (她说：记住…) are none."""

import re

from memory.models import Request
from memory.requests.asked import Asked

LEAST_TOLD = 4  # characters of something to remember
MOST_OF_TOPIC = 24  # characters
SIMPLIFIED = str.maketrans(
    "記請麻煩勞駕幫別將刪關於講訴說過瞭對還個們這裡麼沒東樣話內寫問總給務覺實時為誰無",
    "记请麻烦劳驾帮别将删关于讲诉说过了对还个们这里么没东样话内写问总给务觉实时为谁无",
)

ADDRESS = (
    r"\s*(?:(?:嘿|喂|嗨|哈喽|你好|您好|好的?|对了|那么?|哦|噢)[，,！!\s]*)*"
    r"(?:(?![^，,！!]{0,12}[说讲写问诉])\w{1,12}[，,！!]\s*)?"
)
POLITE = (
    rf"{ADDRESS}(?:请|麻烦|劳驾)?(?:[你您](?:(?P<could>能不能|可不可以|能否|可否|能|可以)|要)|我(?:想|要|希望)(?:让|请)?[你您]|[你您])?"
    r"(?:请|帮我|替我|给我|一定要?|务必|要|永远|总是|好好)*"
)
STOPS = r"[。！!？?.\s]*"
PLEASE = r"(?:[，,\s]*(?P<please>好吗|好么|好不好|可以吗|行吗|谢谢[你您]?|拜托))?"
END = rf"{PLEASE}(?:吧|了|啊|哦|吗)?{STOPS}"

REMEMBER = re.compile(
    rf"{POLITE}(?:(?P<told>记住|记下来?|记一下|记好|记着)(?:一下)?|(?:记得|(?:别|不要)忘(?:了|记)?))"
    rf"(?:这件事|这一点|一件事)?(?P<stop>[，,：:\s]+)?(?P<what>.+?){PLEASE}(?P<ask>吗|么|呢)?(?P<stops>{STOPS})",
    re.DOTALL,
)
BY_ONESELF = re.compile(r"我|咱|本人")  # who speaks of themselves sends nobody on an errand
NO_STATEMENT = re.compile(
    r"那(?:年|天|次|个|时|些|一|段)|这(?:个|些|件|一|里|样)|我(?:刚才|之前|以前)?(?:跟你|对你|和你)?(?:说|讲|告诉|问)|"
    r"要|去|买|带|什么|怎么|为什么|谁|哪|多少|几"
)

LOSE = r"(?:忘掉|忘记|忘了|删掉|删除|抹掉|抹去|清除)"
ALL = r"(?:所有|一切|全部|任何)?(?:的)?"
SAID = (
    r"我(?:之前|以前|刚才|刚刚|曾经|上次)?(?:跟[你您]|对[你您]|和[你您]|向[你您])?(?:告诉|说|讲|提|聊|写)(?:过|到|起|了)?(?:[你您])?"
    r"(?:过|到|起|了)?的?(?:所有|一切|全部|任何)?的?"
)
ABOUT = r"(?:关于|有关|涉及)"
MATTER = r"(?:的?(?:所有|一切|全部)?的?(?:那些|那件)?(?:话|事情?|内容|东西|信息|部分|一切|所有))?"
# “把钥匙忘了” tells that the keys were left behind: with 了, which is of what is over, it is a wish where more says so.
TAKING = rf"{POLITE}(?:把|将)(?:{SAID})?{ABOUT}?(?P<what>.+?){MATTER}(?:都|全部?)?"
WISHED = (
    r"(?=.*(?:请|帮我|替我|能不能|可不可以|能否|[你您](?:能|可以)|关于|有关|涉及|[说讲提]过|告诉|"
    r"吧|好吗|好不好|可以吗|行吗|谢谢|拜托))"
)
FORGET = (
    re.compile(rf"{POLITE}{LOSE}{ALL}{SAID}{ABOUT}?(?P<what>.+?){MATTER}{END}"),
    re.compile(rf"{POLITE}{LOSE}{ALL}[你您](?:知道|记得|记住)的?{ABOUT}?(?P<what>.+?){MATTER}{END}"),
    re.compile(rf"{POLITE}{LOSE}{ALL}{ABOUT}(?P<what>.+?){MATTER}{END}"),
    re.compile(rf"{TAKING}(?!忘了){LOSE}{PLEASE}吧?{STOPS}"),
    re.compile(rf"{WISHED}{TAKING}{LOSE}{END}"),
    re.compile(rf"{POLITE}忘掉(?P<what>.+?)(?:这件事|这回事|这事|的事情?){END}"),
)
NO_TOPIC = re.compile(
    r"(?:这|那|它|[他她你您我](?:们)?|一切|所有|全部|什么|怎么|为什么|谁|哪|话|事情?|东西|内容|刚才).{0,2}"
)
CLAUSE = re.compile(r"[，,；;：:？?！!。\n“”\"]")

HOW_MUCH = r"(?:多少|些什么|什么|哪些|哪些事情?|什么事情?|些啥|啥)"
SO_FAR = r"(?:现在|目前|至今|到底|究竟|都|已经|还)*"
OF_ME = (
    rf"[你您]{SO_FAR}对我{SO_FAR}(?:了解|知道|记得){HOW_MUCH}",
    rf"[你您]{SO_FAR}对我{SO_FAR}有{HOW_MUCH}(?:了解|印象|记忆)",
    rf"[你您]{SO_FAR}(?:了解|知道|记得|记住了?){ABOUT}?我的?{HOW_MUCH}",
    rf"[你您]{SO_FAR}(?:了解|知道|记得|记住了?){HOW_MUCH}{ABOUT}我的?(?:事情?)?",
    rf"{ABOUT}我(?:的事情?)?[，,\s]*[你您]{SO_FAR}(?:了解|知道|记得|记住了?){HOW_MUCH}",
    rf"(?:告诉我|说说|讲讲|列出)[你您]{SO_FAR}(?:了解|知道|记得)的?{ABOUT}我的(?:一切|所有|全部|事情?)",
    rf"(?:告诉我|说说|讲讲)[你您]{SO_FAR}对我的?(?:了解|印象|记忆)",
)
KNOWN = re.compile(
    rf"{ADDRESS}(?:请|那)?(?:告诉我|说说|讲讲|问一下)?[，,\s]*(?:{'|'.join(OF_ME)})(?:呢|啊|呀|了)?[？?。！!.\s]*"
)
KEPT = re.compile(  # what the first page offers to ask
    rf"{ADDRESS}(?:请问)?[你您]{SO_FAR}(?:会|能)?记得{HOW_MUCH}(?:[，,\s]*[又还]?(?:[你您])?(?:不记得|记不得|忘了){HOW_MUCH})?[呢啊]?[？?。！!.\s]*"
)


def read(text: str) -> Asked | None:
    """The request that a message is; None where it is none, or may be something else."""
    plain = text.translate(SIMPLIFIED)  # character by character, so that places stay
    if KNOWN.fullmatch(plain) or KEPT.fullmatch(plain):
        return Asked(Request.Kind.KNOWN)
    if (found := REMEMBER.fullmatch(plain)) and _is_statement(found):
        return Asked(Request.Kind.REMEMBER, *_with_its_stop(plain, found))
    for form in FORGET:
        if (found := form.fullmatch(plain)) and _is_topic(found["what"]):
            return Asked(Request.Kind.FORGET, *found.span("what"))
    return None


def _is_statement(found: "re.Match[str]") -> bool:
    """A few characters at least, and no question, errand, or beginning of a tale."""
    what, asks = found["what"], found["ask"] or set("?？") & set(found["stops"])
    if len(what) < LEAST_TOLD or NO_STATEMENT.match(what) or (asks and not found["could"] and not found["please"]):
        return False
    plainly = found["told"] is not None or found["stop"] is not None
    return plainly or BY_ONESELF.match(what) is not None


def _with_its_stop(text: str, found: "re.Match[str]") -> tuple[int, int]:
    """Where it stands, with the full stop that ends it."""
    start, end = found.span("what")
    return start, end + (text[end : end + 1] == "。")


def _is_topic(what: str) -> bool:
    """A few characters that name something, and no second clause."""
    return len(what) <= MOST_OF_TOPIC and not NO_TOPIC.fullmatch(what) and not CLAUSE.search(what)
