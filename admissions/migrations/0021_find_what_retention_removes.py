"""An index of closed requests by how they ended: what the retention page and the nightly removal of
personal data look through."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("admissions", "0020_add_audit_archives")]
    operations = [
        AddIndexConcurrently(
            model_name="consultationrequest",
            index=models.Index(
                "disposition",
                "closed_at",
                name="request_of_someone_by_end",
                condition=Q(stage="closed", anonymized_at=None),
            ),
        )
    ]
