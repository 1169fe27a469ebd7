"""What the director's screen reads by time has an index by time."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('admissions', '0039_attempts_of_merged_requests'),
        ('programs', '0004_spanish_lines'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='contactattempt',
            index=models.Index(models.F('at'), name='attempt_by_time'),
        ),
        migrations.AddIndex(
            model_name='recommendation',
            index=models.Index(models.F('at'), name='recommendation_by_time'),
        ),
        migrations.AddIndex(
            model_name='referral',
            index=models.Index(models.F('made_at'), name='referral_by_time'),
        ),
    ]
