"""What several beats share, and what a replica may be asked."""

from mutants.mutant import Mutant

REPLICA = "recovery_site/test_replica.py"
BEATS = "recovery_site/test_beats.py"
READ = "admissions/read_replica.py"
RUNS = "admissions/installation/task_runs.py"

MUTANTS = [
    Mutant(
        name="of several beats one hands a task out",
        kind="shared work",
        path=RUNS,
        old="            return cursor.fetchone() is not None\n",
        new="            return True\n",
        tests=(f"{BEATS}::test_two_beats_hand_a_task_out_once",),
    ),
    Mutant(
        name="a turn that Redis refused is another beat's",
        kind="shared work",
        path="recovery_site/workers/beat.py",
        old="            task_runs.give_back_turn(name=str(entry.task))\n",
        new="",
        tests=(f"{BEATS}::test_beat_without_redis_leaves_the_turn_to_another",),
    ),
    Mutant(
        name="a replica that is behind is not asked",
        kind="shared work",
        path=READ,
        old="    return as_of is not None and as_of >= (max(least, reaching) if reaching else least)\n",
        new="    return as_of is not None\n",
        tests=(
            f"{REPLICA}::test_replica_that_is_behind_makes_way_for_the_primary",
            f"{REPLICA}::test_replica_that_lacks_the_end_of_the_last_day_makes_way",
        ),
    ),
    Mutant(
        name="a primary that was left behind is not asked",
        kind="shared work",
        path=READ,
        old="CASE WHEN pg_is_in_recovery() THEN pg_last_xact_replay_timestamp() END,",
        new="now(),",
        tests=(f"{REPLICA}::test_server_that_is_no_replica_is_not_asked",),
    ),
    Mutant(
        name="who wrote in a transaction reads it there",
        kind="shared work",
        path=READ,
        old=" and not transaction.get_connection().in_atomic_block:",
        new=":",
        tests=(f"{REPLICA}::test_who_wrote_a_moment_ago_is_not_shown_the_replica",),
    ),
    Mutant(
        name="accounts are asked of the primary",
        kind="shared work",
        path=READ,
        old=" if model._meta.app_label in READABLE_APPS else DEFAULT_DB_ALIAS",
        new="",
        tests=(f"{REPLICA}::test_permissions_and_sessions_are_asked_of_the_primary_amid_figures",),
    ),
]
