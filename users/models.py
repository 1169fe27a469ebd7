from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """Someone on staff; requesters have no account.

    Django's own user, and whether the demo made it up. It is a model of ours because
    AUTH_USER_MODEL cannot be changed once a database has people in it.
    """

    is_demo = models.BooleanField(default=False, editable=False)
