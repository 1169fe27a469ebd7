"""What the center offers, as rows that a content editor changes in the admin.

A fact is one row in English; its short lines read in another language through
`Translation`. A long text (question, article, program's text, page) has rows for each
language, one a version, and English stands in where a language is missing.
"""

from .center import Credential, Facility, Location, Membership, SocialLink
from .crisis_lines import CrisisLine, CrisisLineChange
from .languages import (
    FALLBACK_LANGUAGE,
    LanguageField,
    Translation,
    best_language_texts,
    page_language,
)
from .programs import ComparisonCell, ComparisonRow, LevelOfCare, Program, ScheduleRow
from .texts import Article, Page, ProgramText, Question
from .versions import ReviewedText, VersionedText

__all__ = [
    "FALLBACK_LANGUAGE",
    "Article",
    "ComparisonCell",
    "ComparisonRow",
    "Credential",
    "CrisisLine",
    "CrisisLineChange",
    "Facility",
    "LanguageField",
    "LevelOfCare",
    "Location",
    "Membership",
    "Page",
    "Program",
    "ProgramText",
    "Question",
    "ReviewedText",
    "ScheduleRow",
    "SocialLink",
    "Translation",
    "VersionedText",
    "best_language_texts",
    "page_language",
]
