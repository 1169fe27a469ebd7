"""Lists of emails by kind, and of those that were lost; and who may answer for them."""
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('admissions', '0026_rules_of_messages'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='message',
            options={'permissions': [('answer_for_messages', 'Can send emails again and take them back')]},
        ),
        migrations.AlterModelOptions(
            name='suppression',
            options={'permissions': [('lift_suppression', 'Can allow email to an address again')], 'verbose_name': "address we don't write to", 'verbose_name_plural': "addresses we don't write to"},
        ),
        migrations.AlterField(
            model_name='auditevent',
            name='type',
            field=models.CharField(choices=[('consultation_requested', 'Booked a consultation'), ('callback_requested', 'Asked for a call'), ('call_now_requested', 'Asked to be called now'), ('consultation_moved', 'Moved the consultation'), ('consultation_handed_over', 'Handed the consultation to a colleague'), ('consultation_kept', 'Kept the consultation in time away'), ('consultation_cancelled', 'Cancelled the consultation'), ('consultation_completed', 'Completed the consultation'), ('consultation_no_show', 'Marked a no-show'), ('request_claimed', 'Claimed the request'), ('attempt_logged', 'Logged a contact attempt'), ('request_closed', 'Closed the request'), ('request_viewed', 'Opened the request'), ('counselor_away', 'Noted that a counselor is away'), ('emails_stopped', 'Asked us to stop writing'), ('plan_changed', 'Changed how we may contact them'), ('consultation_confirmed', 'Said they will keep the time'), ('email_failed', 'An email did not arrive'), ('message_seen', 'Looked at an email'), ('message_resent', 'Had an email sent again'), ('message_cancelled', 'Took back a promised email'), ('message_returned', 'Noted that an email came back'), ('suppression_lifted', 'Allowed email to the address again'), ('rule_changed', 'Changed when a kind of email goes'), ('wording_changed', 'Changed the words of an email'), ('feed_made', 'Made a calendar feed'), ('feed_replaced', 'Replaced a calendar feed'), ('feed_revoked', 'Revoked a calendar feed'), ('waitlist_joined', 'Asked for something sooner'), ('waitlist_left', 'Left the waiting list'), ('earlier_offered', 'Offered an earlier time'), ('earlier_ended', 'The offer of an earlier time ended'), ('calendar_added', 'Added an outside calendar'), ('calendar_removed', 'Removed an outside calendar')], max_length=40),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(models.F('kind'), models.OrderBy(models.F('due_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='message_by_kind'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(models.OrderBy(models.F('due_at'), descending=True), models.OrderBy(models.F('id'), descending=True), condition=models.Q(('state__in', ['failed', 'bounced'])), name='message_lost'),
        ),
    ]
