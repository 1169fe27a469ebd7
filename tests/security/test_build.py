"""What production is made of, and what it refuses to start with."""

from . import production


def test_check_for_deployment_is_silent_and_nothing_silences_it():
    done = production.run_in_production("manage.py", "check", "--deploy", "--fail-level", "DEBUG")

    assert done.stdout == "System check identified no issues (0 silenced).\n"
    assert (done.returncode, done.stderr) == (0, "")
    assert production.settings_of_answers()["SILENCED_SYSTEM_CHECKS"] == []
