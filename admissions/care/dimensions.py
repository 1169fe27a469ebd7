"""The six dimensions of the interview: what to ask about, in our own plain words.

The names are those of the ASAM Criteria, 4th edition. The questions are ours, not those of any
instrument, and nothing is scored: how great the concern is, is somebody's judgment.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .models import Finding


@dataclass(frozen=True)
class DimensionPrompts:
    """What to ask about in one dimension, why we ask, and what must not wait."""

    number: int
    reason: Promise
    questions: list[Promise]
    alert: Promise | str = ""

    @property
    def name(self) -> str:
        return str(Finding.Dimension(self.number).label)


DIMENSIONS = [
    DimensionPrompts(
        1,
        _("Stopping or cutting down can be dangerous, and there is medication that helps."),
        [
            _("When did you last use, and what was it?"),
            _("What do you use, how often, and how much on a usual day?"),
            _("After stopping or cutting down: ever a seizure, or seeing or hearing things?"),
            _("How do you feel right now? Shaking, sweating, sick, restless?"),
            _("Do you take medication for addiction, or would you like to hear about it?"),
        ],
        _(
            "A seizure, confusion, fever or seeing things after stopping alcohol, benzodiazepines"
            " or barbiturates: 911 now. Say: “Do not stop suddenly without medical advice.”"
        ),
    ),
    DimensionPrompts(
        2,
        _("So that the place of treatment can look after your health."),
        [
            _("Do you have an illness, pain or injury that we should know about?"),
            _("Are you pregnant, or could you be?"),
            _("Which medicines do you take, and do you have them with you?"),
            _("Does anything make it hard to move, see or hear?"),
        ],
        _("Pregnancy: a clinician the same day. Chest pain or heavy drowsiness: 911 now."),
    ),
    DimensionPrompts(
        3,
        _("So that you are safe, and we can talk in a way that suits you."),
        [
            _("Have you thought of ending your life, or of hurting yourself or someone else?"),
            _("Do you see, hear or believe things that people around you do not?"),
            _("Is there anything that we should avoid, or that helps you to feel safe?"),
            _("Is it hard to remember things, or to follow a talk?"),
            _("Who looks after your mental health now?"),
        ],
        _(
            "Thoughts of suicide, self-harm or losing touch with reality: stay with them and get a"
            " clinician now. 988 in a crisis, 911 in danger. Ask for no method and no plan."
        ),
    ),
    DimensionPrompts(
        4,
        _("So that the plan fits the hard moments, and you are safe in them."),
        [
            _("What brings you close to using again, and what has helped before?"),
            _("How long have you gone without, and what was different then?"),
            _("What do you do while using that worries you, such as driving or using alone?"),
            _("Have you had an overdose, or been close to one?"),
            _("Do you have naloxone, and does someone near you know how to give it?"),
        ],
    ),
    DimensionPrompts(
        5,
        _("Where you live and who is around you decide what can work."),
        [
            _("Where do you sleep, and is it safe there?"),
            _("Who supports you, and who uses around you?"),
            _("Work, school, children: what has to go on meanwhile?"),
            _("How would you get here?"),
            _("Is there anything legal that we should plan around?"),
        ],
    ),
    DimensionPrompts(
        6,
        _("What you want counts: it shapes what we agree on."),
        [
            _("What would you like to be different in three months?"),
            _("What kind of help would you rather have, and what not at all?"),
            _("What could get in the way?"),
            _("What makes you want this now?"),
            _("Language, culture, faith, food: what should we know?"),
        ],
    ),
]

CALL_GUIDE = [
    (
        _("Greet neutrally"),
        _("“Hello, this is (your first name).” Nothing about us until you know who it is."),
    ),
    (_("Be sure who it is"), _("“Am I speaking with (the name they use)?”")),
    (
        _("“Is now private and safe?”"),
        _("If not: agree on another time, and say nothing of why you call."),
    ),
    (
        _("Safety first"),
        _("“Is anyone in danger right now?” 911 in danger or an overdose, 988 in a crisis."),
    ),
    (_("“What made you reach out?”"), _("Listen. Reasons first, questions later.")),
    (
        _("What stays between us"),
        _(
            "“Federal and state law protects what you tell me, with some exceptions.”"
            " “I write it down for the people here who plan your care. Is that all right?”"
        ),
    ),
    (_("The questions below"), _("In any order, in your words. “You may leave out any.”")),
    (_("Sum up"), _("“Let me say back what I heard.” Correct it together.")),
    (
        _("Recommend"),
        _("What and why; what they would rather do. Promise no bed and no coverage."),
    ),
    (_("Next step with a time"), _("“I call you tomorrow at ten.” Write it down.")),
]
