"""What each role may do and see at the desk."""

from mutants.mutant import Mutant

PEOPLE = "admissions/accounts/test_user_management.py"
LISTS = "admissions/admin/test_list_filters.py"

MUTANTS = [
    Mutant(
        name="a list is narrowed by its own filters alone",
        kind="role check",
        path="admissions/admin/audited_admin.py",
        old="        return lookup in self.filter_parameters(request)\n",
        new="        return super().lookup_allowed(lookup, value, request)\n",
        tests=(
            f"{LISTS}::test_list_allows_no_lookup_but_its_own_filters",
            f"{LISTS}::test_director_learns_nothing_of_a_colleague_by_asking",
        ),
    ),
    Mutant(
        name="rows are referred to by their key alone",
        kind="role check",
        path="admissions/admin/audited_admin.py",
        old="        return to_field == self.opts.pk.name\n",
        new="        return super().to_field_allowed(request, to_field)\n",
        tests=(f"{LISTS}::test_rows_are_referred_to_by_their_key_alone",),
    ),
    Mutant(
        name="nobody searches names unrecorded",
        kind="role check",
        path="admissions/admin/site.py",
        old="        raise PermissionDenied\n",
        new="        return super().autocomplete_view(request)\n",
        tests=(f"{LISTS}::test_nobody_searches_through_a_field_for_choosing_rows",),
    ),
    Mutant(
        name="nobody gives a role above their own",
        kind="role check",
        path="admissions/accounts/colleagues/user_management.py",
        old="    return Group.objects.exclude(permissions__in=beyond)\n",
        new="    return Group.objects.all()\n",
        tests=(f"{PEOPLE}::test_director_gives_no_role_above_their_own",),
    ),
    Mutant(
        name="nobody reaches above themselves",
        kind="role check",
        path="admissions/accounts/colleagues/user_management.py",
        old="    if user.is_superuser or user.user_permissions.exists():\n        return False\n",
        new="",
        tests=(f"{PEOPLE}::test_director_reaches_no_superuser",),
    ),
    Mutant(
        name="a colleague's request takes a role that assigns work",
        kind="role check",
        path="admissions/triage/ownership.py",
        old="(request.owner_id == by.pk or by.has_perm(REASSIGN_PERMISSION))",
        new="True",
        tests=(
            "admissions/triage/test_ownership.py"
            "::test_hand_over_of_a_colleagues_request_takes_a_role_that_assigns",
        ),
    ),
    Mutant(
        name="a role holds what the table says",
        kind="role check",
        path="admissions/accounts/roles.py",
        old='"auditor": {"admissions.view_auditevent", *PRIVACY}',
        new='"auditor": {"admissions.view_auditevent", *PRIVACY, "admissions.view_reports"}',
        tests=(
            "admissions/admin/accounts/test_role_matrix.py"
            "::test_role_opens_and_reads_what_the_table_says",
        ),
    ),
    Mutant(
        name="a page of the desk is recorded",
        kind="audit",
        path="admissions/admin/site.py",
        old="        guarded = super().admin_view(log_page_view(view), cacheable=False)\n",
        new="        guarded = super().admin_view(view, cacheable=False)\n",
        tests=(
            "admissions/admin/audit/test_access_log.py"
            "::test_page_that_shows_nobody_is_recorded_by_its_name",
        ),
    ),
    Mutant(
        name="a file of figures holds no formula",
        kind="escape",
        path="admissions/reporting/csv_export.py",
        old='    return f"\'{text}" if text.startswith((',
        new="    return text if text.startswith((",
        tests=(
            "admissions/admin/reporting/test_views.py"
            "::test_name_that_begins_like_a_formula_is_text",
        ),
    ),
    Mutant(
        name="a file of figures tells nothing of few people",
        kind="limit",
        path="admissions/reporting/csv_export.py",
        old="        for each in suppress_small_cells(whole):\n            path =",
        new="        for each in ():\n            path =",
        tests=(
            "admissions/admin/reporting/test_views.py::test_file_tells_counts_and_hides_few_people",
        ),
    ),
]
