"""What of a request is personal, and what stands for a name once it was removed."""

from django.utils.translation import gettext_lazy as _

# Emptied when personal data is removed. What is left is codes and times, which reports count.
PERSONAL_TEXTS = [
    "preferred_name",
    "phone",
    "email",
    "interpreter",
    "access_need",
    "note",
    "close_note",
    "guide_answers",
]
PERMISSIONS = ["may_call", "may_text", "may_email"]
REMOVED_NAME = _("Personal data removed")
