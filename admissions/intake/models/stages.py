"""Where a request stands, what it may become, and how it ends."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Stage(models.TextChoices):
    NEW = "new", _("New")
    ATTEMPTING_CONTACT = "attempting_contact", _("Attempting contact")
    CONTACTED = "contacted", _("Contacted")
    CONSULTATION_SCHEDULED = "consultation_scheduled", _("Consultation scheduled")
    CONSULTATION_COMPLETED = "consultation_completed", _("Consultation completed")
    RECOMMENDATION_MADE = "recommendation_made", _("Recommendation made")
    ADMISSION_PENDING = "admission_pending", _("Admission pending")
    CLOSED = "closed", _("Closed")


STAGE_TRANSITIONS = {
    Stage.NEW: {
        Stage.ATTEMPTING_CONTACT,
        Stage.CONTACTED,
        Stage.CONSULTATION_SCHEDULED,
        Stage.CLOSED,
    },
    Stage.ATTEMPTING_CONTACT: {
        Stage.CONTACTED,
        Stage.CONSULTATION_SCHEDULED,
        Stage.CONSULTATION_COMPLETED,
        Stage.CLOSED,
    },
    Stage.CONTACTED: {
        Stage.CONSULTATION_SCHEDULED,
        Stage.CONSULTATION_COMPLETED,
        # Reopened, or back after a no-show: the interview is on file already.
        Stage.RECOMMENDATION_MADE,
        Stage.CLOSED,
    },
    Stage.CONSULTATION_SCHEDULED: {
        Stage.ATTEMPTING_CONTACT,
        Stage.CONTACTED,
        Stage.CONSULTATION_COMPLETED,
        Stage.CLOSED,
    },
    Stage.CONSULTATION_COMPLETED: {
        Stage.CONSULTATION_SCHEDULED,
        Stage.RECOMMENDATION_MADE,
        Stage.CLOSED,
    },
    Stage.RECOMMENDATION_MADE: {
        Stage.CONSULTATION_SCHEDULED,
        Stage.ADMISSION_PENDING,
        Stage.CLOSED,
    },
    Stage.ADMISSION_PENDING: {Stage.RECOMMENDATION_MADE, Stage.CLOSED},
    # Reopened: they came back, or we were wrong to close.
    Stage.CLOSED: {Stage.ATTEMPTING_CONTACT, Stage.CONTACTED},
}


class Disposition(models.TextChoices):
    REFERRED_OUT = "referred_out", _("Referred elsewhere")
    DECLINED_BY_PERSON = "declined_by_person", _("Declined by the person")
    NOT_APPROPRIATE_HERE = "not_appropriate_here", _("Not appropriate here")
    UNABLE_TO_REACH = "unable_to_reach", _("Unable to reach")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    DUPLICATE = "duplicate", _("Duplicate")
    SPAM_OR_TEST = "spam_or_test", _("Spam or test")
    ADMITTED_IOP = "admitted_iop", _("Admitted to IOP")
    ADMITTED_RESIDENTIAL = "admitted_residential", _("Admitted to residential")
    ADMITTED_STEP_DOWN = "admitted_iop_step_down", _("Admitted to IOP after residential")


# Needs a recorded recommendation by a qualified role; a trigger holds this too.
ADMITTED_DISPOSITIONS = {
    Disposition.ADMITTED_IOP,
    Disposition.ADMITTED_RESIDENTIAL,
    Disposition.ADMITTED_STEP_DOWN,
}


class CloseReason(models.TextChoices):
    NO_RESPONSE = "no_response", _("No response after the plan")
    INVALID_CONTACT = "invalid_contact", _("Invalid contact details")
    OTHER_PROVIDER = "other_provider", _("Chose another provider")
    NOT_READY = "not_ready", _("Not ready")
    COST = "cost", _("Cost")
    OUT_OF_NETWORK = "out_of_network", _("Out of network")
    INSURANCE_DENIED = "insurance_denied", _("Insurance denied")
    MEDI_CAL = "medi_cal", _("Medi-Cal, routed to the county")
    NEEDS_HIGHER_LEVEL = "needs_higher_level", _("Needs a higher level of care")
    NEEDS_LOWER_LEVEL = "needs_lower_level", _("Needs a lower level of care")
    LOCATION = "location", _("Location or transport")
    SCHEDULE = "schedule", _("Schedule")
    LANGUAGE = "language", _("Language")
    CHILDCARE = "childcare", _("Childcare")
    LEGAL = "legal", _("Legal or court")
    UNDER_18 = "under_18", _("Under 18")
    NO_CAPACITY = "no_place", _("No bed or slot")
    NOT_OFFERED = "not_offered", _("Service not offered")
    DIED = "died", _("Died")
    ASKED_TO_STOP = "asked_to_stop", _("Asked us to stop")
    OTHER = "other", _("Other")
