import django.contrib.postgres.fields.ranges
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('admissions', '0007_extra_hours_of_roles'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='consultation',
            name='consultation_holds_its_own_time',
        ),
        migrations.AddField(
            model_name='moderules',
            name='buffer_before',
            field=models.PositiveSmallIntegerField(default=0, help_text='Minutes kept free before it.'),
        ),
        migrations.AlterField(
            model_name='consultation',
            name='held',
            field=django.contrib.postgres.fields.ranges.DateTimeRangeField(help_text='The consultation with its buffers.'),
        ),
        migrations.AddConstraint(
            model_name='consultation',
            constraint=models.CheckConstraint(condition=models.Q(('held__endswith__gte', models.F('ends_at')), ('held__startswith__lte', models.F('starts_at'))), name='consultation_holds_its_own_time'),
        ),
    ]
