"""What migrations use to give roles their permissions; it must go on doing just this."""

from django.contrib.auth.management import create_permissions


def grant(apps, roles: dict[str, list[str]]) -> None:
    """Give each role (the name of a group) these permissions of admissions, by codename.

    Django makes the permissions of new models only after the last migration:
    here they are made now.
    """
    config = apps.get_app_config("admissions")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None

    permissions = apps.get_model("auth", "Permission").objects
    for name, codenames in roles.items():
        role, _created = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        role.permissions.add(
            *permissions.filter(codename__in=codenames, content_type__app_label="admissions")
        )
