"""The addresses of a requester's journey; none of them names a person."""

from django.urls import path

from .views import again, booking, callback, guide, manage, plan, stop, waitlist
from .views import deliveries as delivery_views
from .views import feeds as feed_views

app_name = "admissions"

urlpatterns = [
    path("", booking.choose_time, name="choose_time"),
    path("open.json", booking.open_times, name="open_times"),
    path("details/", booking.details, name="details"),
    path("guide/", guide.take_guide, name="take_guide"),
    path("booked/", booking.booked, name="booked"),
    path("booked/appointment.ics", booking.calendar_file, name="calendar_file"),
    path("booked/call-now/", booking.call_now, name="call_now"),
    path("callback/", callback.request_callback, name="request_callback"),
    path("callback/requested/", callback.callback_requested, name="callback_requested"),
    path("before-the-call/", booking.before_the_call, name="before_the_call"),
    path("finish/", booking.finish, name="finish"),
    path("finished/", booking.finished, name="finished"),
    path("manage/", manage.manage, name="manage"),
    path("manage/keep/", manage.keep, name="keep"),
    path("manage/book/", again.choose_again, name="choose_again"),
    path("manage/contact/", plan.change_plan, name="change_plan"),
    path("manage/move/", manage.move, name="move"),
    path("manage/cancel/", manage.cancel, name="cancel"),
    path("manage/stop-emails/", manage.stop_emails, name="stop_emails"),
    path("manage/sooner/", waitlist.join_waitlist, name="join_waitlist"),
    path("manage/sooner/stop/", waitlist.leave_waitlist, name="leave_waitlist"),
    path("manage/sooner/answer/", waitlist.answer_offer, name="answer_offer"),
    path("stop/", stop.stop, name="stop"),
    path("stop/<token>/", stop.open_stop, name="open_stop"),
    path("manage/<token>/", manage.open_manage, name="open_manage"),
]

# For calendar apps, in one language, outside a requester's journey.
feeds = ([path("<token>.ics", feed_views.calendar_feed, name="calendar_feed")], "feeds")

# For the provider that carries our mail, to say what became of it.
mail = ([path("events/<provider>/", delivery_views.mail_events, name="mail_events")], "mail")
