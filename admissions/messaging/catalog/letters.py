"""Every kind of letter to a requester: what it says, when it goes, and what it is about.

The words are ours until a director keeps a version of their own. `{when}` and the like
are filled in by `rendering`; a text may use those of its kind and no others.
"""

from datetime import timedelta
from functools import partial

from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_lazy as _

from ..kinds import (
    Check,
    DelayRule,
    Group,
    Kind,
    MessageKind,
    MessageLayout,
    MessageText,
    Night,
    Subject,
)

MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("minutes", "hours", "days"))

TIME_PLACEHOLDERS = ("when", "counselor")
TIME_LAYOUT = MessageLayout("time", calendar_method="REQUEST", placeholders=TIME_PLACEHOLDERS)
CANCELED_LAYOUT = MessageLayout(
    actions=("book",), calendar_method="CANCEL", placeholders=TIME_PLACEHOLDERS
)
REMINDER_LAYOUT = MessageLayout(
    "time", ("keep", "move", "cancel"), has_unsubscribe_header=True, placeholders=TIME_PLACEHOLDERS
)
REBOOK_LAYOUT = MessageLayout(actions=("book",), has_unsubscribe_header=True)

# What staff read is not gathered for the translation of what requesters read.
staff_text = gettext_lazy

before = partial(DelayRule, is_before=True, has_lead=True)
change = partial(
    MessageKind, group=Group.CHANGES, subject=Subject.CONSULTATION, night=Night.ANY_HOUR
)
earlier = partial(MessageKind, group=Group.EARLIER, subject=Subject.OFFER, night=Night.NEVER)
reminder = partial(
    MessageKind,
    group=Group.REMINDERS,
    subject=Subject.CONSULTATION,
    check=Check.STANDING,
    layout=REMINDER_LAYOUT,
    series="reminder",
    timing=staff_text("%(delay)s before, if booked more than %(lead)s ahead."),
)
no_show = partial(
    MessageKind,
    group=Group.AFTER_NO_SHOW,
    subject=Subject.CONSULTATION,
    check=Check.NO_SHOW,
    layout=REBOOK_LAYOUT,
    series="no_show",
    timing=staff_text("%(delay)s after we mark a no-show."),
)
no_contact = partial(
    MessageKind,
    group=Group.NO_CONTACT,
    subject=Subject.REQUEST,
    check=Check.NOT_BOOKED,
    layout=REBOOK_LAYOUT,
    series="no_contact",
    timing=staff_text("%(delay)s after a first try that reached nobody."),
)
call = partial(
    MessageKind,
    group=Group.CALLS,
    subject=Subject.REQUEST,
    check=Check.NOT_BOOKED,
    layout=REBOOK_LAYOUT,
)
LETTERS: dict[str, MessageKind] = {
    Kind.CONFIRMATION: change(
        check=Check.STANDING,
        layout=TIME_LAYOUT,
        timing=staff_text("At once, when someone books."),
        text=MessageText(
            _("Your appointment"), _("Your appointment"), _("Your appointment is booked.")
        ),
    ),
    Kind.MOVED: change(
        check=Check.STANDING,
        layout=TIME_LAYOUT,
        timing=staff_text("At once, when the time changes."),
        text=MessageText(
            _("Your appointment has a new time"),
            _("Your appointment has a new time"),
            _("This is your new time. It replaces the old one."),
        ),
    ),
    Kind.HANDED_OVER: change(
        check=Check.STANDING,
        night=Night.WAIT_UNLESS_CLOSE,
        layout=TIME_LAYOUT,
        timing=staff_text(
            "When a colleague takes over. At night it waits until 8 am, unless the time is close."
        ),
        text=MessageText(
            _("Your appointment: same time, different person"),
            _("Same time, different person"),
            _(
                "The time stays the same. You will now talk with {counselor}. You don't need to"
                " do anything."
            ),
        ),
    ),
    Kind.CANCELED_BY_CENTER: change(
        check=Check.CHOOSE_AGAIN,
        night=Night.WAIT_UNLESS_CLOSE,
        layout=CANCELED_LAYOUT,
        timing=staff_text(
            "When we cancel. At night it waits until 8 am, unless the time is close."
        ),
        text=MessageText(
            _("Your appointment needs a new time"),
            _("Please choose another time"),
            _(
                "We are sorry. We can't keep your appointment on {when}. You did nothing wrong,"
                " and we would still like to talk with you."
            ),
        ),
    ),
    Kind.CANCELED: change(
        check=Check.CANCELLATION,
        layout=CANCELED_LAYOUT,
        timing=staff_text("At once, when it is canceled as asked."),
        text=MessageText(
            _("Your appointment is canceled"),
            _("Your appointment is canceled"),
            _("Your appointment is canceled. You can choose another time whenever you like."),
        ),
    ),
    Kind.LINK: change(
        subject=Subject.REQUEST,
        check=Check.OPEN_REQUEST,
        layout=MessageLayout(),
        timing=staff_text("At once, when someone asks for it on the site by this address."),
        text=MessageText(
            _("Your appointment"),
            _("The link you asked for"),
            _(
                "Someone asked on our site for a link to what is booked with this email address."
                " Here it is. It is only for you, so please don't share it."
            ),
        ),
    ),
    Kind.EARLIER_OFFER: earlier(
        check=Check.OFFER_OPEN,
        layout=MessageLayout("earlier", ("answer",), placeholders=("when", "earlier", "answer_by")),
        timing=staff_text(
            "At once, when an earlier time opens for someone who asked. Nobody is asked at night."
        ),
        text=MessageText(
            _("An earlier time for your appointment"),
            _("An earlier time for your appointment"),
            _("You asked for an earlier time. This one just opened up:"),
        ),
    ),
    Kind.EARLIER_OFFER_TAKEN: earlier(
        check=Check.OFFER_TAKEN,
        layout=MessageLayout("time", placeholders=("when", "earlier")),
        timing=staff_text(
            "When someone else takes the offered time. At night it waits until 8 am."
        ),
        text=MessageText(
            _("Your appointment stays as it is"),
            _("Your appointment stays as it is"),
            _(
                "We are sorry: someone else just took the earlier time, {earlier}. Your"
                " appointment below has not changed. We will keep looking, and write to you if"
                " another time opens up."
            ),
        ),
    ),
    Kind.REMINDER_DAY: reminder(
        rule=before(3 * HOUR, 14 * DAY),
        text=MessageText(
            _("A reminder of your appointment"),
            _("A reminder of your appointment"),
            _(
                "This is a reminder of your appointment. If the time no longer works for you, you"
                " can move it or cancel it."
            ),
        ),
    ),
    Kind.REMINDER_HOURS: reminder(
        rule=before(30 * MINUTE, 24 * HOUR),
        text=MessageText(
            _("A reminder of your appointment"),
            _("We'll talk soon"),
            _("We look forward to talking with you."),
        ),
    ),
    Kind.AFTER_COMPLETED: MessageKind(
        group=Group.AFTER_CONSULTATION,
        subject=Subject.CONSULTATION,
        check=Check.COMPLETED,
        layout=MessageLayout(actions=(), has_unsubscribe_header=True),
        rule=DelayRule(1 * DAY, 14 * DAY, is_in_whole_days=True),
        timing=staff_text("%(delay)s later at 10 am; from a weekend it moves on to Monday."),
        text=MessageText(
            _("Thank you for talking with us"),
            _("Thank you for talking with us"),
            _(
                "Thank you for your time. Your next steps are the ones we agreed on. If a"
                " question comes up, call us."
            ),
        ),
    ),
    Kind.AFTER_NO_SHOW: no_show(
        rule=DelayRule(10 * MINUTE, 7 * DAY),
        text=MessageText(
            _("About your appointment"),
            _("We are sorry that we missed you"),
            _("We are sorry that we missed you. It happens. Choose another time, or call us."),
        ),
    ),
    Kind.NO_SHOW_SECOND: no_show(
        rule=DelayRule(1 * HOUR, 30 * DAY),
        text=MessageText(
            _("Choose another time"),
            _("You can still choose a time"),
            _(
                "We would still like to talk with you. Choose a time that works for you, or"
                " call us."
            ),
        ),
    ),
    Kind.NO_SHOW_LAST: no_show(
        rule=DelayRule(1 * DAY, 60 * DAY),
        text=MessageText(
            _("Whenever you are ready"),
            _("Whenever you are ready"),
            _(
                "You can choose a time or call us whenever you like, today or much later. We"
                " will not write again unless you ask."
            ),
        ),
    ),
    Kind.NO_CONTACT_FIRST: no_contact(
        rule=DelayRule(1 * HOUR, 14 * DAY),
        text=MessageText(
            _("We tried to reach you"),
            _("We tried to reach you"),
            _(
                "We tried to reach you about your request. Choose a time that works for you, or"
                " call us."
            ),
        ),
    ),
    Kind.NO_CONTACT_SECOND: no_contact(
        rule=DelayRule(1 * DAY, 30 * DAY),
        text=MessageText(
            _("About your request"),
            _("We are still here"),
            _(
                "We haven't been able to reach you yet. That's all right. Choose a time that"
                " works for you, or call us when you have a quiet moment."
            ),
        ),
    ),
    Kind.NO_CONTACT_LAST: no_contact(
        rule=DelayRule(2 * DAY, 60 * DAY),
        text=MessageText(
            _("Whenever you are ready"),
            _("Whenever you are ready"),
            _(
                "We have tried to reach you a few times, and we don't want to pressure you. You can"
                " choose a time or call us whenever you like. We will not write again unless you"
                " ask.\n\n"
                "We wish you well."
            ),
        ),
    ),
    Kind.CALLBACK_LATE: call(
        check=Check.LATE_CALL,
        layout=MessageLayout(actions=("book",)),
        rule=DelayRule(5 * MINUTE, 24 * HOUR),
        timing=staff_text("%(delay)s after the promised time, if we have not called."),
        text=MessageText(
            _("We are late with our call"),
            _("We are late with our call"),
            _(
                "We said we would call you, and we haven't yet. We are sorry. We have not"
                " forgotten you. Please call us if you can, or choose a time."
            ),
        ),
    ),
    Kind.CALLBACK_MISSED: call(
        rule=DelayRule(1 * MINUTE, 24 * HOUR),
        timing=staff_text("%(delay)s after our promised call was not answered."),
        text=MessageText(
            _("We called you"),
            _("We called you"),
            _(
                "We called you as we said we would, but we couldn't reach you. We will try"
                " again. You can also call us, or choose a time that works for you."
            ),
        ),
    ),
    Kind.CALLBACK_MADE: call(
        rule=DelayRule(10 * MINUTE, 7 * DAY),
        timing=staff_text("%(delay)s after we talked as promised."),
        text=MessageText(
            _("Thank you for talking with us"),
            _("Thank you for talking with us"),
            _(
                "It was good to talk with you. If a question comes up, call us. If you would"
                " like to talk longer, choose a time."
            ),
        ),
    ),
}
