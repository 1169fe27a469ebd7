"""Words that would tell a bystander what the letter is about."""

import re

from .placeholders import PLACEHOLDER_PATTERN

# Any of these, seen by the wrong person, would tell what the letter is about.
REVEALING_WORDS = re.compile(
    r"recover|\biop\b|residential|addict|treatment|alcohol|drug|rehab|sober|sobriety|detox|opioid"
    r"|substance|counsel|admission|intake|clinic|therap|patient|facility|programs?\b"
    r"|level of care|insurance|diagnos|overdose|relapse|withdrawal|naloxone|narcan|hospital"
    r"|alcoh|heroin|cocain|fentanyl|cannabis|marijuana|methamph|methadone|\bmeth\b|drinking|drunk"
    r"|recuper|residencial|ambulatori|adicci|adict[oa]|dependencia|tratamiento|droga|rehabilit"
    r"|sobri|abstinen|desintox|consejer|admisi|internamiento|cl[ií]nica|terap|paciente"
    r"|programas?\b|consum|reca[ií]da|recaer|sustancia|sobredosis|nivel de atenci|diagn[oó]s"
    r"|seguro m[eé]dico|aseguradora|hero[ií]na|coca[ií]na|fentanilo|marihuana|metanfet|metadona"
    r"|borrach|naloxona",
    re.IGNORECASE,
)


def find_revealing_words(text: str, *names: str) -> list[str]:
    """The words in a text that would give someone away; `names` of the center among them."""
    # The name of a placeholder is not said, what fills it is: {counselor} is a first name.
    text = PLACEHOLDER_PATTERN.sub(" ", text)
    found = [match.group() for match in REVEALING_WORDS.finditer(text)]
    return found + [name for name in names if name and name.casefold() in text.casefold()]
