"""What pages and forms do with what strangers send, and what they tell a browser."""

from mutants.mutant import Mutant

PRIVACY = "admissions/public/test_visit_privacy.py"
BAD_INPUT = "admissions/public/test_bad_input.py"
FIELDS = "admissions/test_form_fields.py"
TEXTS = "programs/test_texts.py"

MUTANTS = [
    Mutant(
        name="a form from elsewhere is refused",
        kind="CSRF",
        path="recovery_site/settings.py",
        old='    "django.middleware.csrf.CsrfViewMiddleware",\n',
        new="",
        tests=(
            f"{PRIVACY}::test_form_from_elsewhere_is_refused_kindly_and_books_nothing",
            f"{PRIVACY}::test_every_form_asks_for_its_token",
        ),
    ),
    Mutant(
        name="a mail program stops emails by one word alone",
        kind="CSRF",
        path="admissions/public/views/unsubscribe.py",
        old='        if request.POST.get("List-Unsubscribe") != ONE_CLICK:\n',
        new="        if False:\n",
        tests=(
            "admissions/public/test_unsubscribe.py::test_post_without_the_field_changes_nothing",
        ),
    ),
    Mutant(
        name="the button that stops emails needs its key",
        kind="CSRF",
        path="admissions/public/views/unsubscribe.py",
        old="        if key is not None:\n            contact_plan.stop_emails(key=key,",
        new="        if True:\n            contact_plan.stop_emails(key=session.new_idempotency_key(),",
        tests=(
            "admissions/public/test_unsubscribe.py"
            "::test_page_with_a_key_that_is_not_ours_changes_nothing",
        ),
    ),
    Mutant(
        name="looking joins no waitlist",
        kind="CSRF",
        path="admissions/public/views/waitlist.py",
        old="@private\n@require_POST\ndef join_waitlist",
        new="@private\ndef join_waitlist",
        tests=(
            "admissions/public/test_waitlist_pages.py"
            "::test_nothing_is_done_by_looking_or_without_the_link",
        ),
    ),
    Mutant(
        name="a length is checked before any work on a text",
        kind="limit",
        path="admissions/form_fields.py",
        old='        MaxLengthValidator(self.max_length, self.error_messages.get("max_length"))(text)\n',
        new="",
        tests=(
            f"{FIELDS}::test_text_of_a_form_is_measured_before_it_is_normalized",
            f"{FIELDS}::test_endless_marks_on_the_booking_form_are_refused_unread",
        ),
    ),
    Mutant(
        name="an endless address is refused",
        kind="limit",
        path="recovery_site/middleware.py",
        old="        if len(address) > LONGEST_ADDRESS:\n",
        new="        if False:\n",
        tests=(f"{FIELDS}::test_endless_address_is_a_bad_request",),
    ),
    Mutant(
        name="a body is at most 256 kB",
        kind="limit",
        path="recovery_site/settings.py",
        old="DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024\n",
        new="DATA_UPLOAD_MAX_MEMORY_SIZE = None\n",
        tests=(f"{BAD_INPUT}::test_body_of_three_megabytes_is_a_bad_request",),
    ),
    Mutant(
        name="a form has at most 300 fields",
        kind="limit",
        path="recovery_site/settings.py",
        old="DATA_UPLOAD_MAX_NUMBER_FIELDS = 300\n",
        new="DATA_UPLOAD_MAX_NUMBER_FIELDS = None\n",
        tests=(f"{BAD_INPUT}::test_body_of_a_thousand_fields_is_a_bad_request",),
    ),
    Mutant(
        name="no NUL reaches Postgres",
        kind="escape",
        path="recovery_site/middleware.py",
        old='        if "%00" in address or any("\\x00" in text for text in sent):\n',
        new="        if False:\n",
        tests=(
            f"{BAD_INPUT}::test_nul_in_an_address_is_a_bad_request",
            f"{BAD_INPUT}::test_nul_in_a_cookie_is_a_bad_request",
        ),
    ),
    Mutant(
        name="a typed text is one line without unseen letters",
        kind="escape",
        path="admissions/form_fields.py",
        old="        return to_plain_line(value)\n",
        new="        return value\n",
        tests=(f"{BAD_INPUT}::test_strange_text_is_stored_plain_and_the_time_is_booked",),
    ),
    Mutant(
        name="an address with look-alike letters is refused",
        kind="escape",
        path="admissions/form_fields.py",
        old="        if value and not (value.isascii() and self.PLAIN.fullmatch(value)):\n",
        new="        if False:\n",
        tests=(
            "admissions/public/test_forms.py::test_address_that_is_none_or_deceives_is_refused",
        ),
    ),
    Mutant(
        name="a stranger's note is escaped at the desk",
        kind="escape",
        path="templates/admin/admissions/consultationrequest/_person.html",
        old="{{ consultation_request.note }}",
        new="{{ consultation_request.note|safe }}",
        tests=(
            "admissions/admin/triage/test_request_detail.py::test_page_escapes_what_people_typed",
        ),
    ),
    Mutant(
        name="a stranger's name is escaped on the first page of the desk",
        kind="escape",
        path="templates/admin/_request_lines.html",
        old="{{ card.request.name_used }}",
        new="{{ card.request.name_used|safe }}",
        tests=("admissions/admin/test_dashboard.py::test_today_escapes_what_people_typed",),
    ),
    Mutant(
        name="Markdown of an editor holds no HTML",
        kind="escape",
        path="programs/markdown.py",
        old='{"html": False}',
        new='{"html": True}',
        tests=(f"{TEXTS}::test_markdown_lets_through_words_and_safe_links_only",),
    ),
    Mutant(
        name="a link of an editor runs no code",
        kind="escape",
        path="programs/markdown.py",
        old="    return url.strip().lower().startswith(SAFE_LINKS)\n",
        new="    return True\n",
        tests=(f"{TEXTS}::test_markdown_lets_through_words_and_safe_links_only",),
    ),
    Mutant(
        name="the next person on a device has a session of their own",
        kind="session hash",
        path="admissions/public/session.py",
        old="        request.session.cycle_key()\n",
        new="",
        tests=(f"{PRIVACY}::test_next_person_on_a_device_has_a_session_of_their_own",),
    ),
    Mutant(
        name="what the first person could manage is closed to the next",
        kind="session hash",
        path="admissions/public/session.py",
        old='PERSONAL_MARKS = ("request", "manages",',
        new='PERSONAL_MARKS = ("request",',
        tests=(f"{PRIVACY}::test_what_the_first_person_could_manage_is_closed_to_the_next",),
    ),
    Mutant(
        name="personal pages are kept by no cache",
        kind="header",
        path="admissions/public/decorators.py",
        old="    @cache_control(no_store=True, private=True)\n",
        new="",
        tests=(f"{PRIVACY}::test_personal_page_is_kept_by_no_cache_and_found_by_no_search",),
    ),
    Mutant(
        name="no page stands in a frame",
        kind="header",
        path="recovery_site/settings.py",
        old='        "frame-ancestors": [NONE],\n',
        new="",
        tests=(f"{PRIVACY}::test_personal_pages_are_protected",),
    ),
    Mutant(
        name="no other site embeds a file",
        kind="header",
        path="recovery_site/middleware.py",
        old='    "Cross-Origin-Resource-Policy": "same-origin",\n',
        new="",
        tests=(f"{PRIVACY}::test_files_are_protected",),
    ),
    Mutant(
        name="cookies end with the browser",
        kind="header",
        path="recovery_site/settings.py",
        old="CSRF_COOKIE_AGE = None\n",
        new="CSRF_COOKIE_AGE = 31449600\n",
        tests=(f"{PRIVACY}::test_form_sets_two_cookies_that_end_with_the_browser",),
    ),
    Mutant(
        name="a token stays out of the log",
        kind="header",
        path="recovery_site/configuration/logging_config.py",
        old='        record.msg, record.args = PRIVATE_PATH.sub(r"\\1***", record.getMessage()), ()\n',
        new="",
        tests=(f"{PRIVACY}::test_token_stays_out_of_the_log",),
    ),
    Mutant(
        name="a kept page depends on the prefix of its links",
        kind="header",
        path="recovery_site/page_cache.py",
        old="        request.path,\n",
        new="",
        tests=(
            "recovery_site/test_page_cache.py::test_pages_are_kept_apart_by_all_that_they_depend_on",
        ),
    ),
    Mutant(
        name="no header names the prefix of an address",
        kind="header",
        path="recovery_site/gunicorn_conf.py",
        old='forwarder_headers = ""\n',
        new="",
        tests=(
            "recovery_site/test_poisoned_pages.py"
            "::test_gunicorn_takes_nothing_but_the_scheme_from_a_header",
        ),
    ),
]
