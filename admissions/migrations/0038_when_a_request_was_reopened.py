from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("admissions", "0037_directors_share_views")]

    operations = [
        migrations.AddField(
            model_name='consultationrequest',
            name='reopened_at',
            field=models.DateTimeField(blank=True, help_text='Last taken up again; tries before it count no more.', null=True),
        ),
    ]
