"""What a visitor told the guide and takes along: in their session first, then with a request."""

import json
from dataclasses import dataclass

from django.contrib.sessions.backends.base import SessionBase
from django.utils import translation

from admissions.encryption import DecryptionError, decrypt_text, encrypt_text
from programs import guide

GUIDE_SESSION_KEY = "guide"


@dataclass(frozen=True)
class GuideAnswers:
    """Answers as keys of the guide's table, and whom they are about."""

    answers: dict[str, str]
    for_whom: str

    @property
    def answered(self) -> list[guide.GivenAnswer]:
        return guide.given_answers(self.answers, self.for_whom)

    @property
    def program_slug(self) -> str:
        """The address of the one program that was worth asking about; none of several."""
        offered = [guide.IOP, guide.RESIDENTIAL, guide.STEP_DOWN]
        found = guide.evaluate_answers(self.answers, for_whom=self.for_whom, offered=offered)
        return next(iter(found.programs)) if len(found.programs) == 1 else ""

    @property
    def as_json(self) -> str:
        """As the request keeps it: in English for staff, and as it was asked, whatever comes."""
        with translation.override("en"):
            return json.dumps(
                [[str(each.question), str(each.answer.text)] for each in self.answered]
            )


def save_answers(session: SessionBase, answers: dict[str, str], for_whom: str) -> None:
    """Keep the answers in this visit, which ends half an hour after its last page."""
    session[GUIDE_SESSION_KEY] = encrypt_text(json.dumps([answers, for_whom]))


def load_answers(session: SessionBase) -> GuideAnswers | None:
    try:
        text = decrypt_text(session.get(GUIDE_SESSION_KEY, ""))
    except DecryptionError:
        return None
    return GuideAnswers(*json.loads(text)) if text else None


def forget_answers(session: SessionBase) -> None:
    session.pop(GUIDE_SESSION_KEY, None)


def parse_answers(words: str) -> list[tuple[str, str]]:
    """Each question with its answer, from what a request keeps."""
    return [(question, answer) for question, answer in json.loads(words or "[]")]
