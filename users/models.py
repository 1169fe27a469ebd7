from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """Someone on staff; requesters have no account.

    Django's own user so far. It is a model of ours because AUTH_USER_MODEL cannot be
    changed once a database has people in it.
    """
