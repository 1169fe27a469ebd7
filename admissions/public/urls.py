"""The addresses of a requester's journey; none of them names a person."""

from django.urls import path

from .views import (
    booking,
    callback,
    callback_changes,
    confirmation,
    contact_plan,
    correction,
    find,
    guide,
    known_request,
    manage,
    move,
    rebook,
    unsubscribe,
    waitlist,
)
from .views import calendar_feed as feed_views
from .views import mail_webhook as delivery_views

app_name = "admissions"

urlpatterns = [
    path("", booking.choose_time, name="choose_time"),
    path("open.json", booking.open_times, name="open_times"),
    path("details/", booking.details, name="details"),
    path("guide/", guide.continue_from_guide, name="continue_from_guide"),
    path("booked/", confirmation.booked, name="booked"),
    path("booked/appointment.ics", confirmation.calendar_file, name="calendar_file"),
    path("booked/contact.vcf", confirmation.contact_card, name="contact_card"),
    path("booked/call-now/", known_request.call_now, name="call_now"),
    path("callback/", callback.request_callback, name="request_callback"),
    path("callback/requested/", callback.callback_requested, name="callback_requested"),
    path("before-the-call/", confirmation.before_the_call, name="before_the_call"),
    path("finish/", confirmation.finish, name="finish"),
    path("finished/", confirmation.finished, name="finished"),
    path("find/", find.find_appointment, name="find_appointment"),
    path("find/asked/", find.link_asked, name="link_asked"),
    path("find/appointment/", find.see_appointment, name="see_appointment"),
    path("manage/", manage.manage, name="manage"),
    path("manage/keep/", manage.confirm_attendance, name="confirm_attendance"),
    path("manage/book/", rebook.rebook, name="rebook"),
    path("manage/contact/", contact_plan.change_contact_plan, name="change_contact_plan"),
    path("manage/move/", move.move_consultation, name="move_consultation"),
    path("manage/move/undo/", move.undo_move, name="undo_move"),
    path("manage/correct/", correction.correct_contact, name="correct_contact"),
    path("manage/call/", callback_changes.change_callback, name="change_callback"),
    path("manage/call/stop/", callback_changes.withdraw_callback, name="withdraw_callback"),
    path("manage/cancel/", manage.cancel_consultation, name="cancel_consultation"),
    path("manage/stop-emails/", unsubscribe.stop_emails, name="stop_emails"),
    path("manage/sooner/", waitlist.join_waitlist, name="join_waitlist"),
    path("manage/sooner/stop/", waitlist.leave_waitlist, name="leave_waitlist"),
    path("manage/sooner/answer/", waitlist.answer_offer, name="answer_offer"),
    path("stop/", unsubscribe.unsubscribe, name="unsubscribe"),
    path("stop/<token>/", unsubscribe.open_unsubscribe_link, name="open_unsubscribe_link"),
    path("manage/<token>/", manage.open_manage_link, name="open_manage_link"),
]

# For calendar apps, in one language, outside a requester's journey.
feeds = ([path("<token>.ics", feed_views.calendar_feed, name="calendar_feed")], "feeds")

# For the provider that carries our mail, to say what became of it.
mail = ([path("events/<provider>/", delivery_views.mail_events, name="mail_events")], "mail")
