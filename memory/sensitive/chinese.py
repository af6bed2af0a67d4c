"""Sensitive matters by Chinese words, found by their characters: no blanks stand between words.

Where characters of such a word stand in others, too, those are left out by what follows: 教会 is a church, 教会我 is to
teach me. Traditional characters are read as simplified ones.
"""

import re

from django.utils.translation import gettext_noop

from memory.lexicon import HAN

LANGUAGE = gettext_noop("Chinese")

HEALTH = (
    "确诊|诊断|生病|得病|患病|患上|病情|病历|病房|疾病|看病|重病|慢性病|绝症|癌|肿瘤|化疗|放疗|艾滋|HIV|糖尿病|癫痫|哮喘|"
    "手术|开刀|住院|出院|医院|医生|吃药|服药|药物|药片|处方|症状|怀孕|流产|小产|堕胎|人流手术|不孕|不育|试管婴儿|残疾|残障|"
    "过敏|痴呆|失智|阿尔茨海默|阿兹海默|中风|心脏病|心梗|血压|验血|乙肝|肝炎"
)
MIND = (
    "抑郁|忧郁症|焦虑|惊恐发作|恐慌症|强迫症|过劳|职业倦怠|双相|躁郁|精神分裂|精神病|精神科|心理医生|心理咨询|心理治疗|"
    "心理疾病|心理障碍|心理问题|心理健康|心理师|创伤|多动症|自闭症|孤独症|自杀|轻生|自残|自伤|厌食症|贪食症|暴食|进食障碍|"
    "上瘾|成瘾|酗酒|酒瘾|毒瘾|吸毒|戒毒|戒酒"
)
LOVE = (
    "性取向|性生活|性行为|性关系|做爱|同性恋|同性伴侣|双性恋|跨性别|变性人|变性手术|酷儿|出柜|出轨|婚外情|外遇|劈腿|色情|"
    "黄片|勃起|阳痿|避孕"
)
FAITH = (
    "宗教|信仰|信教|信佛|拜佛|念佛|信主|信神|上帝|祈祷|祷告|做礼拜|礼拜堂|教堂|教会(?![了]?[我你您他她它咱大])|清真寺|"
    "犹太|基督|天主教|新教徒|穆斯林|伊斯兰|回教|古兰经|圣经|佛教|佛经|道教|印度教|无神论|受洗|洗礼|皈依"
)
POLITICS = (
    "投票给|投给了|选举|大选|政治|入党|党员|共产|社会主义|民主党|共和党|国民党|民进党|保守派|自由派|左派|右派|左翼|右翼|"
    "法西斯|工会"
)
ORIGIN = "民族|种族|族裔|难民|政治庇护|寻求庇护|偷渡|非法移民|移民身份|驱逐出境|遣返"
CRIME = (
    "被捕|逮捕|拘留|拘役|坐牢|监狱|入狱|出狱|判刑|定罪|犯罪|前科|案底|缓刑|假释|强奸|强暴|性侵|性骚扰|猥亵|虐待|家暴|"
    "家庭暴力|殴打|限制令|禁制令"
)
WORDS = re.compile("|".join((HEALTH, MIND, LOVE, FAITH, POLITICS, ORIGIN, CRIME)))
BROKEN = re.compile(rf"(?<=[{HAN}])\s+(?=[{HAN}])")  # a line that ends within a word
SIMPLIFIED = str.maketrans(
    "確診斷歷癥癇術開產醫藥處狀懷殘過癡爾茲風臟壓驗憂鬱慮驚發強勞職業雙療礙問題創傷動閉獨殺輕厭貪進癮關係愛戀變別兒櫃軌陽會禮蘭經聖無論為給選舉黨義國難護驅獄緩釋姦騷擾毆腫褻侶員諮墮猶監種禱絕試詢癲黃喫尋師絶",
    "确诊断历症痫术开产医药处状怀残过痴尔兹风脏压验忧郁虑惊发强劳职业双疗碍问题创伤动闭独杀轻厌贪进瘾关系爱恋变别儿柜轨阳会礼兰经圣无论为给选举党义国难护驱狱缓释奸骚扰殴肿亵侣员咨堕犹监种祷绝试询癫黄吃寻师绝",
)


def touched(text: str) -> bool:
    """Whether characters of it are a word of such a matter."""
    return WORDS.search(BROKEN.sub("", text).translate(SIMPLIFIED)) is not None
