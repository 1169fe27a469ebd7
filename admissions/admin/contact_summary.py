"""For whom, and how we may reach them: the contact plan in tags."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from admissions import formatting
from admissions.intake.models import ConsultationRequest

ForWhom, GoodTime = ConsultationRequest.ForWhom, ConsultationRequest.GoodTime
Voicemail = ConsultationRequest.Voicemail


@dataclass(frozen=True)
class ContactTag:
    """One word of the contact plan: permitted, not permitted, or to be careful with."""

    text: str
    is_permitted: bool = True
    is_careful: bool = False
    icon: str = ""


def describe_for_whom(request: ConsultationRequest) -> str:
    """For whom, and in which language if not in English."""
    whom = {
        ForWhom.SELF: _("for self"),
        ForWhom.LOVED_ONE: _("for a loved one"),
        ForWhom.PROFESSIONAL: _("for someone they work with"),
    }[ForWhom(request.for_whom)]
    parts = [whom]
    if request.language != "en":
        parts.append(request.get_language_display())
    if request.interpreter:
        parts.append(request.interpreter)
    if not request.is_adult:
        parts.append(_("under 18"))
    return ", ".join(str(part) for part in parts)


def phone_tags(request: ConsultationRequest) -> list[ContactTag]:
    """Call, text and voicemail; none without a number."""
    if not request.phone:
        return []
    tags = [
        ContactTag(_("call"), request.may_call, icon="call"),
        ContactTag(_("text"), request.may_text, icon="text"),
    ]
    if not request.may_call:
        return tags
    return [*tags, *together_tags(request), voicemail_tag(request), *hours_tags(request)]


def voicemail_tag(request: ConsultationRequest) -> ContactTag:
    words = {
        Voicemail.NO: _("no voicemail"),
        Voicemail.NUMBER_ONLY: _("voicemail: number only"),
        Voicemail.SAY_CENTER: _("voicemail: may say center"),
    }[Voicemail(request.voicemail)]
    return ContactTag(words, is_careful=request.voicemail == Voicemail.NO, icon="voicemail")


def email_tags(request: ConsultationRequest) -> list[ContactTag]:
    """Email, and whether it has to be discreet; none without an address."""
    if not request.email:
        return []
    tags = [ContactTag(_("email"), request.may_email, icon="email")]
    return (
        [*tags, ContactTag(_("discreet"), icon="discreet")]
        if request.is_discreet and request.may_email
        else tags
    )


def hours_tags(request: ConsultationRequest) -> list[ContactTag]:
    """The hours that suit the person, unless any do."""
    hours: dict[str, str] = {
        GoodTime.MORNING: _("8 am to noon"),
        GoodTime.AFTERNOON: _("noon to 5 pm"),
        GoodTime.EVENING: _("5 to 8 pm"),
    }
    return (
        [ContactTag(hours[request.good_time], icon="hours")] if request.good_time in hours else []
    )


def together_tags(request: ConsultationRequest) -> list[ContactTag]:
    """Until when the person is with the professional who asks; none once that is past."""
    until = request.together_until
    if until is None or until <= timezone.now():
        return []
    words = _("person there until %(time)s") % {"time": formatting.format_center_time(until)}
    return [ContactTag(words, is_careful=True, icon="hours")]
