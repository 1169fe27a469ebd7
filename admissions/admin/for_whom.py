"""For whom somebody asks, in the words of the desk: to choose from, and in a line about them."""

from django.utils.translation import gettext_lazy as _

from admissions.intake.models import ConsultationRequest

ForWhom = ConsultationRequest.ForWhom
CHOICES = [
    (ForWhom.SELF.value, _("Themselves")),
    (ForWhom.LOVED_ONE.value, _("Someone they care about")),
    (ForWhom.PROFESSIONAL.value, _("Someone they work with")),
]
IN_A_LINE = {
    ForWhom.SELF.value: _("for self"),
    ForWhom.LOVED_ONE.value: _("for a loved one"),
    ForWhom.PROFESSIONAL.value: _("for someone they work with"),
}
