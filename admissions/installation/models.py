"""What this installation knows of itself: its database, its keys, and its processes."""

from typing import Self

from django.db import models
from django.db.models import CharField, Func
from django.utils.translation import gettext_lazy as _


class DatabaseIdentity(Func):
    """Which database this is: of which cluster, by which number, with which table of ours.

    A dump that is restored elsewhere, a copy made from a template and a table that was dropped and
    loaded anew each differ in one of the three. A replica that takes over differs in none.
    """

    template = (
        "((SELECT system_identifier FROM pg_control_system()) || '.' ||"
        " (SELECT oid FROM pg_database WHERE datname = current_database()) || '.' ||"
        " 'admissions_installation'::regclass::oid)"
    )
    output_field = CharField()


# For statements that are written by hand; the same as free_to_send().
FREE_TO_SEND = f"""
    SELECT FROM admissions_installation
    WHERE sending_held_at IS NULL AND sends_from = {DatabaseIdentity.template}
"""


class InstallationQuerySet(models.QuerySet["Installation"]):
    def free_to_send(self) -> Self:
        """The row, unless sending is held, or was allowed in another database than this one."""
        return self.filter(sending_held_at=None, sends_from=DatabaseIdentity())


class Installation(models.Model):
    """One row, made with the tables. Without it nothing is sent."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    sends_from = models.CharField(
        max_length=100, help_text=_("The database from which sending was last allowed.")
    )
    sending_held_at = models.DateTimeField(null=True)
    secret_key_mark = models.CharField(max_length=40, blank=True)
    field_key_mark = models.CharField(max_length=40, blank=True)

    objects = InstallationQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        permissions = [("release_sending", _("Can have held emails sent again"))]
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="installation_only_one")
        ]

    def __str__(self) -> str:
        return "this installation"


class Heartbeat(models.Model):
    """When a process behind the site last did something."""

    class Role(models.TextChoices):
        BEAT = "beat", _("Beat")
        WORKER = "worker", _("Worker")
        PROBE = "probe", _("A health check that writes")

    name = models.CharField(max_length=150, primary_key=True)
    role = models.CharField(max_length=10, choices=Role)
    seen_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"heartbeat of {self.role}"


class TaskRun(models.Model):
    """When a task that beat hands out last began, ended well, and failed."""

    name = models.CharField(max_length=150, primary_key=True)
    handed_out_at = models.DateTimeField(
        null=True, help_text=_("When a beat last had the turn to hand it out.")
    )
    last_started_at = models.DateTimeField(null=True)
    last_finished_at = models.DateTimeField(null=True)
    last_failed_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"last runs of {self.name}"
