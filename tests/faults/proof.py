"""What is asked of every case: that the promise holds, and that without its guard it does not.

A module of tests names its CASES and imports both.
"""


def test_promise_holds(stage, case, times, told):
    verdict = stage.prove(case, times)

    told(case, times, verdict)
    assert verdict.broken == {}
    assert verdict.p95 <= case.within


def test_promise_breaks_without_its_guard(stage, case, told):
    verdict = stage.refute(case, case.few)

    told(case, case.few, verdict, is_control=True)
    assert case.breaks in verdict.broken
