from django.db import migrations, models
from phonenumber_field.modelfields import PhoneNumberField


class Migration(migrations.Migration):
    dependencies = [("programs", "0006_tell_how_to_arrive")]

    operations = [
        migrations.AddField(
            model_name="facility",
            name="office_email",
            field=models.EmailField(
                blank=True,
                help_text="For jobs, vendors and press, in the foot.",
                max_length=254,
                verbose_name="office email",
            ),
        ),
        migrations.AddField(
            model_name="facility",
            name="office_phone",
            field=PhoneNumberField(
                blank=True,
                help_text="For jobs, vendors and press, in the foot: it keeps the admissions line free.",
                max_length=128,
                region=None,
                verbose_name="office phone",
            ),
        ),
    ]
