"""What all letters of one task have in common, so that it is read once for them together."""

from functools import cached_property

from django.utils import timezone

from admissions.intake.phone_line import find_always_in
from programs.models import Facility

from . import templates
from .kinds import MessageText
from .models import MailSettings


class SharedFacts:
    """The center's name, who answers its line, and its words: each read when first asked for.

    For the seconds that one task of letters lasts. Whether a letter may go, and to whom, is no
    part of it: that is asked anew for each.
    """

    def __init__(self) -> None:
        self.texts: dict[tuple[str, str], MessageText] = {}

    @cached_property
    def facility(self) -> Facility:
        return Facility.objects.get()

    @cached_property
    def always_in(self) -> frozenset[str] | None:
        """In which languages the line is answered at every hour; None where it is not."""
        return find_always_in(timezone.now())

    @cached_property
    def discreet_sender_name(self) -> str:
        return MailSettings.objects.load().discreet_sender_name

    def find_text(self, kind: str, language: str) -> MessageText:
        """The words in use for this kind in this language."""
        if (kind, language) not in self.texts:
            self.texts[kind, language] = templates.find_current_text(
                kind, language, self.facility.name
            )
        return self.texts[kind, language]
