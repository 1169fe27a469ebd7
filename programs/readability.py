"""Whether a text reads easily and puts the person first, in each language of the site.

The words are those of NIDA's "Words Matter", and what the law forbids to promise; the
measures are Flesch and Kincaid's grade (1975) for English and the scale of Fernández Huerta
(1959) for Spanish. A language without a measure of its own is not measured.
"""

import re

from django.utils.translation import gettext as said

from .models import VersionedText

# Aim at 6 to 8; a text may round to 8.
MAX_GRADE = 8.5

AVOIDED_WORDS = {
    "en": re.compile(
        r"\b(addicts?|alcoholics?|junkies?|abus\w+|habits?|dirty|non-?compliant|rehab stint|cured?"
        r"|guarantee\w*|medical detox|(?:got|get|getting|stay|staying) clean|substance abuse"
        r"|100% confidential|HIPAA compliant|success rates?|must be sober)\b",
        re.IGNORECASE,
    ),
    "es": re.compile(
        r"\b(adict[oa]s?|alcohólic[oa]s?|drogadict\w+|toxicóman\w+|abus\w+|hábitos?|suci[oa]s?"
        r"|(?:estar|mantenerse|seguir) limpi[oa]s?|incumplid\w+|curas?|curad[oa]s?|curar(?:se)?"
        r"|garant\w+|desintoxicación médica|recaídas?|recaer|fracas\w+|100 ?% confidencial"
        r"|tasas? de éxito)\b",
        re.IGNORECASE,
    ),
}

# Fernández Huerta's table: at least this easy is at most this school grade.
GRADE_OF_EASE = [(90, 4), (80, 5), (70, 6), (60, 8), (50, 12)]
UNIVERSITY_GRADE = 16


def find_avoided_words(text: str, language: str = "en") -> list[str]:
    """The words in a text that blame a person or promise too much, as they stand there."""
    words = AVOIDED_WORDS.get(language)
    return [found[0] for found in words.finditer(text)] if words else []


def reading_grade(text: str, language: str = "en") -> float | None:
    """The school grade of a Markdown text, or None where there is nothing to measure it by."""
    if language not in GRADE_FORMULAS:
        return None
    sentences, words = split_sentences(text), split_words(text)
    return GRADE_FORMULAS[language](words, len(words) / len(sentences)) if words else 0.0


def english_grade(words: list[str], per_sentence: float) -> float:
    per_word = sum(map(count_english_syllables, words)) / len(words)
    return 0.39 * per_sentence + 11.8 * per_word - 15.59


def spanish_grade(words: list[str], per_sentence: float) -> float:
    ease = spanish_ease(words, per_sentence)
    return next((grade for least, grade in GRADE_OF_EASE if ease >= least), UNIVERSITY_GRADE)


def spanish_ease(words: list[str], per_sentence: float) -> float:
    """0 is hard and 100 is easy; 60 to 70 is how most people read."""
    per_word = sum(map(count_spanish_syllables, words)) / len(words)
    return 206.84 - 60 * per_word - 1.02 * per_sentence


GRADE_FORMULAS = {"en": english_grade, "es": spanish_grade}


def strip_markdown(text: str) -> str:
    """Without the marks of Markdown and the addresses of its links."""
    text = re.sub(r"\]\([^)]*\)", "", text)
    return re.sub(r"^\s*(?:[-*>#]+|\d+\.)\s*", "", text, flags=re.MULTILINE)


def split_sentences(text: str) -> list[str]:
    """Each list item and each heading is a sentence."""
    parts = re.split(r"[.!?:]+\s|\n+", strip_markdown(text))
    return [part for part in parts if re.search(r"[a-záéíóúñ]", part)]


def split_words(text: str) -> list[str]:
    return re.findall(r"[a-záéíóúüñ]+(?:[’'][a-z]+)?", strip_markdown(text).lower())


def count_english_syllables(word: str) -> int:
    """Groups of vowels, less a silent e; at least one."""
    groups = len(re.findall(r"[aeiouy]+", word))
    return max(1, groups - (word.endswith("e") and not word.endswith("le")))


def count_spanish_syllables(word: str) -> int:
    """Each strong or accented vowel is one, with the weak vowels beside it; at least one."""
    return max(1, len(re.findall(r"[iuü]?[aeoáéíóú](?:[iuü]|y\b)?|[iuü]+|y\b", word)))


def readability_warnings(text: VersionedText) -> list[str]:
    """What a reader would stumble over in this version; it is told, never refused."""
    read = "\n".join(getattr(text, name) for name in text.TEXT_FIELDS)
    grade = reading_grade(read, text.language)
    told = []
    if grade is not None and grade > MAX_GRADE:
        words = said("This reads like school grade %(grade)d. Aim at 6 to 8: shorter sentences.")
        told.append(words % {"grade": round(grade)})
    if found := find_avoided_words(read, text.language):
        words = said("Say it person first, and promise nothing: %(words)s.")
        told.append(words % {"words": ", ".join(dict.fromkeys(found))})
    return told
