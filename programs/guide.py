"""Which program? The questions, and every rule by which an answer leads somewhere.

This is the table that visitors see under "How this works". Nothing is counted or weighed:
each answer stands for itself, danger before medical care, medical care before a program.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise, StrPromise

# Where an answer may lead, beside a program by its address.
DANGER, MEDICAL, TALK, NOWHERE = "danger", "medical", "talk", ""
IOP, RESIDENTIAL, STEP_DOWN = "iop", "residential", "iop-after-residential"

NOT_SAID = _("Not sure, or rather not say")


@dataclass(frozen=True)
class GuideAnswer:
    """One row of the table: this answer leads there, for this reason."""

    key: str
    text: "StrPromise"
    leads_to: str = NOWHERE
    reason: "StrOrPromise" = ""

    @property
    def is_danger(self) -> bool:
        return self.leads_to == DANGER


@dataclass(frozen=True)
class GuideQuestion:
    """What we ask the person themselves, or of someone they care about, and why."""

    key: str
    for_me: "StrPromise"
    for_them: "StrPromise"
    why: "StrPromise"
    answers: list[GuideAnswer]

    def text(self, for_whom: str) -> "StrPromise":
        return self.for_them if for_whom == "loved_one" else self.for_me

    def answer(self, key: str) -> GuideAnswer | None:
        return next((each for each in self.answers if each.key == key), None)


QUESTIONS = [
    GuideQuestion(
        "danger",
        _("Is anyone in danger right now?"),
        _("Is anyone in danger right now?"),
        _(
            "If so, help comes before anything else. Think of an overdose, a seizure, "
            "thoughts of suicide, or someone being hurt."
        ),
        [
            GuideAnswer("no", _("No")),
            GuideAnswer(
                "yes",
                _("Yes, or not sure"),
                DANGER,
                _("Help comes first: 911, 988, or our line."),
            ),
        ],
    ),
    GuideQuestion(
        "health",
        _("Which of these is true for you? Stop at the first."),
        _("Which of these is true for them? Stop at the first."),
        _(
            "Going without alcohol, opioids, or pills that calm or help you sleep can make a "
            "person very sick. Then a doctor comes first."
        ),
        [
            GuideAnswer(
                "severe",
                _("Now: a seizure, confusion, fever, bad shaking, or seeing things"),
                DANGER,
                _("After stopping or cutting down, these signs can end a life. Call 911."),
            ),
            GuideAnswer(
                "pregnant",
                _("Pregnant, and using or stopping"),
                MEDICAL,
                _("Talk with a doctor or a midwife today, before you change anything."),
            ),
            GuideAnswer(
                "unwell",
                _("Sick, shaking, or sweating when going without; or a seizure in the past"),
                MEDICAL,
                _("It can get worse. A doctor can say what care is needed before anything else."),
            ),
            GuideAnswer(
                "daily",
                _("Alcohol, opioids, or calming pills on most days"),
                MEDICAL,
                _("Stopping all at once can be dangerous. Ask a doctor how to do it safely."),
            ),
            GuideAnswer("none", _("None of these")),
            GuideAnswer(
                "unsure",
                NOT_SAID,
                TALK,
                _("A counselor can help you tell if a doctor should come first."),
            ),
        ],
    ),
    GuideQuestion(
        "care",
        _("What care do you have now?"),
        _("What care do they have now?"),
        _("What comes next depends on what there is now."),
        [
            GuideAnswer("none", _("None, or support meetings")),
            GuideAnswer(
                "weekly",
                _("A counselor or a group, about once a week"),
                IOP,
                _("When once a week is not enough, IOP is a step up, with more hours."),
            ),
            GuideAnswer(
                "hospital",
                _("A hospital, or care for withdrawal, now or in the last few weeks"),
                RESIDENTIAL,
                _("That care is a first step. Living in a place of care can be the next one."),
            ),
            GuideAnswer(
                "residential",
                _("Residential care, now or in the last few weeks"),
                STEP_DOWN,
                _("The first weeks back home can be hard. This path keeps people around you."),
            ),
            GuideAnswer(
                "unsure",
                NOT_SAID,
                TALK,
                _("A counselor can go through what has been tried, and what helped."),
            ),
        ],
    ),
    GuideQuestion(
        "time",
        _("Could you be away from work, school, or children for some weeks?"),
        _("Could they be away from work, school, or children for some weeks?"),
        _("In residential care you live with us. In IOP you live at home."),
        [
            GuideAnswer(
                "yes",
                _("Yes"),
                RESIDENTIAL,
                _("Residential care means some weeks away from home, and that seems possible."),
            ),
            GuideAnswer(
                "no",
                _("No, or it would be very hard"),
                IOP,
                _("In IOP you sleep at home. Many people keep working or studying."),
            ),
            GuideAnswer(
                "unsure",
                NOT_SAID,
                TALK,
                _("A counselor can talk through leave, school, and who looks after children."),
            ),
        ],
    ),
    GuideQuestion(
        "home",
        _("Is the place you live safe and steady?"),
        _("Is the place they live safe and steady?"),
        _("In IOP you spend evenings and nights at home. So home matters."),
        [
            GuideAnswer(
                "yes",
                _("Yes"),
                IOP,
                _("A steady home is a good base for care by day."),
            ),
            GuideAnswer(
                "no",
                _("No, or people there drink or use"),
                RESIDENTIAL,
                _("Living with us puts distance between a person and what pulls them back."),
            ),
            GuideAnswer(
                "unsure",
                NOT_SAID,
                TALK,
                _("A counselor can talk with you about home, and other places to stay."),
            ),
        ],
    ),
    GuideQuestion(
        "support",
        _("How much support would you want between sessions?"),
        _("How much support would they want between sessions?"),
        _("Some people do well with someone to call. Others need someone near at night."),
        [
            GuideAnswer(
                "some",
                _("People to call, and a plan"),
                IOP,
                _("In IOP you make a plan for the hours between, and know who to call."),
            ),
            GuideAnswer(
                "always",
                _("Someone near, day and night"),
                RESIDENTIAL,
                _("In residential care there is always someone to talk to."),
            ),
            GuideAnswer(
                "unsure",
                NOT_SAID,
                TALK,
                _("A counselor can tell you what each program offers after hours."),
            ),
        ],
    ),
]


@dataclass(frozen=True)
class GivenAnswer:
    """One answer of a visitor, with its question as they read it."""

    question: "StrPromise"
    answer: GuideAnswer


@dataclass
class GuideResult:
    """Where the answers lead, in the order in which it matters."""

    is_danger: bool = False
    medical: list[GivenAnswer] = field(default_factory=list)
    # Programs by their address, each with every answer that leads to it.
    programs: dict[str, list[GivenAnswer]] = field(default_factory=dict)
    talk: list[GivenAnswer] = field(default_factory=list)


def given_answers(answers: dict[str, str], for_whom: str) -> list[GivenAnswer]:
    """The known ones among these answers, in the order of the questions."""
    pairs = [(each, each.answer(answers.get(each.key, ""))) for each in QUESTIONS]
    return [GivenAnswer(question.text(for_whom), answer) for question, answer in pairs if answer]


def evaluate_answers(answers: dict[str, str], *, for_whom: str, offered: list[str]) -> GuideResult:
    """Where the answers lead among the programs on offer, by address; danger hides the rest."""
    found = GuideResult()
    for each in given_answers(answers, for_whom):
        leads_to = each.answer.leads_to
        if leads_to == DANGER:
            return GuideResult(is_danger=True)
        if leads_to == MEDICAL:
            found.medical.append(each)
        elif leads_to == TALK:
            found.talk.append(each)
        elif leads_to in offered:
            found.programs.setdefault(leads_to, []).append(each)
    found.programs = {slug: found.programs[slug] for slug in offered if slug in found.programs}
    return found
