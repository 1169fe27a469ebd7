"""Weekly hours that a counselor asks for from a day on, until a coordinator or director decides."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from users.second_person import AskedChange, decided_with_an_outcome, takes_a_second_person

from .counselors import Counselor
from .working_hours import CLOSES_AFTER_OPENING, LocalHours, WeeklyHours


class HoursProposalQuerySet(models.QuerySet["HoursProposal"]):
    def waiting(self) -> "HoursProposalQuerySet":
        return self.filter(outcome="")


class HoursProposal(AskedChange):
    """The whole week that one counselor asks for; of each the newest alone waits.

    What is decided stays as it was: Postgres refuses a change of it.
    """

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        REPLACED = "replaced", _("Asked anew")
        WITHDRAWN = "withdrawn", _("Taken back")

    counselor = models.ForeignKey(Counselor, models.CASCADE, related_name="hours_proposals")
    from_day = models.DateField(_("from"))
    note = models.CharField(_("why"), max_length=200, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    answer = models.CharField(_("answer"), max_length=200, blank=True)

    objects = HoursProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposed hours")
        verbose_name_plural = _("proposed hours")
        default_permissions = ("view",)
        permissions = [
            ("propose_hours", _("Can propose hours of their own")),
            ("decide_hoursproposal", _("Can decide about proposed hours")),
        ]
        constraints = [
            models.UniqueConstraint(
                "counselor", name="hours_proposal_one_waits", condition=Q(outcome="")
            ),
            takes_a_second_person("hours_proposal"),
            decided_with_an_outcome("hours_proposal"),
            models.CheckConstraint(
                name="hours_proposal_declined_with_words",
                condition=~Q(outcome="declined") | ~Q(answer=""),
            ),
            models.CheckConstraint(
                name="hours_proposal_decided_by_someone",
                condition=~Q(outcome__in=["accepted", "declined"]) | Q(decided_by__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="hours_proposal_decided_is_permanent",
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(old__outcome=""),
            )
        ]

    def __str__(self) -> str:
        return f"proposed hours {self.pk}"


class ProposedHours(LocalHours, models.Model):
    """One stretch of the week that is asked for, by the clock of the counselor's location."""

    proposal = models.ForeignKey(HoursProposal, models.CASCADE, related_name="stretches")
    weekday = models.PositiveSmallIntegerField(choices=WeeklyHours.Weekday)
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        default_permissions = ()
        ordering = ["weekday", "opens"]
        constraints = [
            models.CheckConstraint(
                name="proposed_hours_close_after_opening", condition=CLOSES_AFTER_OPENING
            ),
            models.CheckConstraint(
                name="proposed_hours_are_on_a_weekday", condition=Q(weekday__lte=6)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M} to {self.closes:%H:%M}"
