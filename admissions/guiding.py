"""What a visitor told the guide and takes along: in their session first, then with a request."""

import json
from dataclasses import dataclass

from django.utils import translation

from programs import guide

from .models.encrypted import NotReadable, seal, unseal

PLACE = "guide"


@dataclass(frozen=True)
class Taken:
    """Answers as keys of the guide's table, and whom they are about."""

    answers: dict[str, str]
    for_whom: str

    @property
    def said(self) -> list[guide.Said]:
        return guide.said(self.answers, self.for_whom)

    @property
    def interest(self) -> str:
        """The address of the one program that was worth asking about; none of several."""
        offered = [guide.IOP, guide.RESIDENTIAL, guide.STEP_DOWN]
        found = guide.find(self.answers, for_whom=self.for_whom, offered=offered)
        return next(iter(found.programs)) if len(found.programs) == 1 else ""

    @property
    def words(self) -> str:
        """As the request keeps it: in English for staff, and as it was asked, whatever comes."""
        with translation.override("en"):
            return json.dumps([[str(each.question), str(each.answer.text)] for each in self.said])


def take(session, answers: dict[str, str], for_whom: str) -> None:
    """Keep the answers in this visit, which ends half an hour after its last page."""
    session[PLACE] = seal(json.dumps([answers, for_whom]))


def taken(session) -> Taken | None:
    try:
        text = unseal(session.get(PLACE, ""))
    except NotReadable:
        return None
    return Taken(*json.loads(text)) if text else None


def forget(session) -> None:
    session.pop(PLACE, None)


def pairs(words: str) -> list[tuple[str, str]]:
    """Each question with its answer, from what a request keeps."""
    return [(question, answer) for question, answer in json.loads(words or "[]")]
