from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations


def let_directors_keep_people(apps: Apps, schema_editor):
    """A director adds colleagues and gives them roles; nobody deletes what they did."""
    config = apps.get_app_config("auth")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    director = apps.get_model("auth", "Group").objects.get(name="director")
    director.permissions.add(
        *apps.get_model("auth", "Permission").objects.filter(
            codename__in=["view_user", "add_user", "change_user"], content_type__app_label="auth"
        )
    )


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0001_sign_in_of_staff"),
        ("admissions", "0003_staff_roles"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(let_directors_keep_people, migrations.RunPython.noop)]
