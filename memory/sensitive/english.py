"""Sensitive matters by English words; a figure of speech ("I'm addicted to crosswords") is one, too."""

import re

from django.utils.translation import gettext_noop

LANGUAGE = gettext_noop("English")

HEALTH = (
    r"diagnos\w*|ill|illness(?:es)?|diseases?|cancers?|tumou?rs?|chemo\w*|hiv|diabet\w+|epilep\w+|asthma\w*|"
    r"surger(?:y|ies)|operated on|hospital\w*|medications?|medicines?|pills|prescri\w+|doctors?|symptoms?|chronic|"
    r"pregnan\w+|miscarr\w+|abortions?|fertility|ivf|disabilit\w+|disabled|allerg\w+|dementia|alzheimer\w*|"
    r"(?:had|after) (?:a|the|my|her|his) stroke|heart (?:attack|disease)|blood (?:pressure|tests?)"
)
MIND = (
    r"depress(?:ed|ion|ive)|anxiety|panic attacks?|burn-?out|burnt out|bipolar|schizo\w+|psychiatr\w+|psycholog\w+|"
    r"psychos\w+|traumas?|traumati\w+|ptsd|adhd|autis\w+|suicid\w*|kill(?:ing|ed)? (?:my|him|her)self|self-?harm\w*|"
    r"eating disorders?|anorexi\w+|bulimi\w+|addict\w*|alcoholi\w+|rehab|overdos\w+|antidepressants?|"
    r"therap(?:y|ists?)"
)
LOVE = (
    r"sex|sexual\w*|gay|lesbian|bisexual|queer|transgender|trans (?:man|woman)|coming out|came out to|porn\w*|"
    r"(?:had|having|have) an affair|cheat(?:ed|ing) on|erectile|contracepti\w+"
)
FAITH = (
    r"believe in god|pray(?:s|ed|ing|ers?)?|churche?s?|mosques?|synagogues?|christian\w*|catholic\w*|protestant\w*|"
    r"muslims?|islam\w*|jews?|jewish|judaism|hindu\w*|buddhis\w+|atheis\w+|agnostic|baptis\w+|relig\w+"
)
POLITICS = (
    r"vot(?:e|ed|ing) for|elections?|conservatives?|republicans?|democrats?|socialis\w+|communis\w+|fascis\w+|"
    r"(?:left|right)[ -]wing|political\w*|politics|trade unions?"
)
ORIGIN = r"ethnic\w*|racis\w+|refugees?|asylum|undocumented|immigration status|deport\w+"
CRIME = (
    r"arrested|convict\w+|prison|jail\w*|probation|felony|criminal record|raped?|rapist|abus(?:e|ed|er|ive)|"
    r"assault\w*|domestic violence|restraining order"
)
# Letters of other scripts end a word, for Chinese puts no blank before an English one.
WORDS = re.compile(
    rf"\b(?:{'|'.join((HEALTH, MIND, LOVE, FAITH, POLITICS, ORIGIN, CRIME))})\b", re.IGNORECASE | re.ASCII
)


def touched(text: str) -> bool:
    """Whether a word of it belongs to such a matter."""
    return WORDS.search(text) is not None
