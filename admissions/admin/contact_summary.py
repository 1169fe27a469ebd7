"""For whom, and how we may reach them: the contact plan in tags."""

from dataclasses import dataclass
from functools import lru_cache

from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from admissions import formatting
from admissions.intake.models import ConsultationRequest

from .for_whom import IN_A_LINE

GoodTime, Voicemail = ConsultationRequest.GoodTime, ConsultationRequest.Voicemail
# Put into the reader's language one by one, as rows ask for them.
VOICEMAIL_WORDS = {
    Voicemail.NO: _lazy("no voicemail"),
    Voicemail.NUMBER_ONLY: _lazy("voicemail: number only"),
    Voicemail.SAY_CENTER: _lazy("voicemail: may say center"),
}
HOURS_WORDS = {
    GoodTime.MORNING: _lazy("8 am to noon"),
    GoodTime.AFTERNOON: _lazy("noon to 5 pm"),
    GoodTime.EVENING: _lazy("5 to 8 pm"),
}


@dataclass(frozen=True)
class ContactTag:
    """One word of the contact plan: permitted, not permitted, or to be careful with."""

    text: str
    is_permitted: bool = True
    is_careful: bool = False
    icon: str = ""


def describe_for_whom(request: ConsultationRequest) -> str:
    """For whom, and in which language if not in English."""
    parts = [str(IN_A_LINE[request.for_whom])]
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
    language = translation.get_language()
    tags = channel_tags(request.may_call, request.may_text, language)
    if not request.may_call:
        return [*tags]
    calls = call_tags(request.voicemail, request.good_time, language)
    return [*tags, *together_tags(request), *calls]


# Many requests have the same plan: what is said of it is put into words once for each language.
@lru_cache(maxsize=64)
def channel_tags(may_call: bool, may_text: bool, _language: str | None) -> tuple[ContactTag, ...]:
    return (
        ContactTag(_("call"), may_call, icon="call"),
        ContactTag(_("text"), may_text, icon="text"),
    )


@lru_cache(maxsize=64)
def call_tags(voicemail: str, good_time: str, _language: str | None) -> tuple[ContactTag, ...]:
    """Whether we may leave a voicemail, and the hours that suit the person, unless any do."""
    words, hours = str(VOICEMAIL_WORDS[Voicemail(voicemail)]), HOURS_WORDS.get(GoodTime(good_time))
    tag = ContactTag(words, is_careful=voicemail == Voicemail.NO, icon="voicemail")
    return (tag, ContactTag(str(hours), icon="hours")) if hours else (tag,)


def email_tags(request: ConsultationRequest) -> list[ContactTag]:
    """Email, and whether it has to be discreet; none without an address."""
    if not request.email:
        return []
    return [*mail_tags(request.may_email, request.is_discreet, translation.get_language())]


@lru_cache(maxsize=64)
def mail_tags(may_email: bool, is_discreet: bool, _language: str | None) -> tuple[ContactTag, ...]:
    tag = ContactTag(_("email"), may_email, icon="email")
    if is_discreet and may_email:
        return tag, ContactTag(_("discreet"), icon="discreet")
    return (tag,)


def together_tags(request: ConsultationRequest) -> list[ContactTag]:
    """Until when the person is with the professional who asks; none once that is past."""
    until = request.together_until
    if until is None or until <= timezone.now():
        return []
    words = _("person there until %(time)s") % {"time": formatting.format_center_time(until)}
    return [ContactTag(words, is_careful=True, icon="hours")]
