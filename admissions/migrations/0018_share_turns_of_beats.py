from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('admissions', '0017_note_runs_of_tasks'),
    ]

    operations = [
        migrations.AddField(
            model_name='taskrun',
            name='handed_out_at',
            field=models.DateTimeField(help_text='When a beat last had the turn to hand it out.', null=True),
        ),
    ]
