"""What the site knows of its backups."""

import pgtrigger
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admissions.append_only import forbid_truncate


class BackupRecord(models.Model):
    """That a backup was made, or proved good; rows stay, as a database is what they are about."""

    class Kind(models.TextChoices):
        MADE = "made", _("Made")
        UNCHANGED = "unchanged", _("Its file is as it was written")
        RESTORED = "restored", _("It was restored elsewhere, and counted")

    kind = models.CharField(max_length=10, choices=Kind)
    at = models.DateTimeField(default=timezone.now)
    name = models.CharField(max_length=80, help_text="The file's name, without its folder.")
    release = models.CharField(max_length=40)
    size = models.PositiveBigIntegerField(help_text="In bytes.")
    sha256 = models.CharField(max_length=64)

    class Meta:
        default_permissions = ("view",)
        triggers = [
            pgtrigger.Protect(
                name="backup_record_is_permanent", operation=pgtrigger.Update | pgtrigger.Delete
            ),
            forbid_truncate("backup_record_is_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
