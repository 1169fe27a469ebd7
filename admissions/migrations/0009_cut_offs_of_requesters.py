from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('admissions', '0008_buffer_before'),
    ]

    operations = [
        migrations.AddField(
            model_name='moderules',
            name='cancel_until',
            field=models.PositiveSmallIntegerField(default=0, help_text='Minutes before the start until which the requester may cancel it.'),
        ),
        migrations.AddField(
            model_name='moderules',
            name='move_until',
            field=models.PositiveSmallIntegerField(default=0, help_text='Minutes before the start until which the requester may move it.'),
        ),
    ]
