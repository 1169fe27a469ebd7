"""What the centre offers, as rows that a content editor changes in the admin.

A fact is one row in English; its short lines read in another language through
`Translation`. A long text (question, article, program's text, page) has rows for each
language, one a version, and English stands in where a language is missing.
"""

from .care import (
    ComparisonCell,
    ComparisonRow,
    LevelOfCare,
    Program,
    ScheduleRow,
)
from .centre import Credential, CrisisLine, Facility, Location, Membership, SocialLink
from .reading import Article, Page, ProgramText, Question
from .wording import LanguageField, Translation

__all__ = [
    "Article",
    "ComparisonCell",
    "ComparisonRow",
    "Credential",
    "CrisisLine",
    "Facility",
    "LanguageField",
    "LevelOfCare",
    "Location",
    "Membership",
    "Page",
    "Program",
    "ProgramText",
    "Question",
    "ScheduleRow",
    "SocialLink",
    "Translation",
]
