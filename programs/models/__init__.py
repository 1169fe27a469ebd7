"""What the centre offers, as rows that a content editor changes in the admin.

A fact is one row in English; its short lines read in another language through
`Translation`. A long text (section, question, article, page) has a row for each
language, and English stands in where one is missing.
"""

from .care import (
    ComparisonCell,
    ComparisonRow,
    LevelOfCare,
    Program,
    ProgramSection,
    ScheduleRow,
)
from .centre import Credential, CrisisLine, Facility, Location, Membership, SocialLink
from .reading import Article, Page, Question
from .wording import Translation, site_languages

__all__ = [
    "Article",
    "ComparisonCell",
    "ComparisonRow",
    "Credential",
    "CrisisLine",
    "Facility",
    "LevelOfCare",
    "Location",
    "Membership",
    "Page",
    "Program",
    "ProgramSection",
    "Question",
    "ScheduleRow",
    "SocialLink",
    "Translation",
    "site_languages",
]
