"""How the tests are dealt out to processes: what belongs together is never torn apart."""

from tests.conftest import CROWDS, SITES, group_of


def groups(items, folder):
    return {group_of(item) for item in items if item.nodeid.startswith(folder)}


def test_group_reaches_the_process_that_deals_out_tests(request):
    """Its name stands behind the test's, but only where several processes run."""
    is_one_of_many = hasattr(request.config, "workerinput")

    suffix = request.node.nodeid.removeprefix(f"tests/test_groups.py::{request.node.name}")

    assert suffix == ("@tests/test_groups.py" if is_one_of_many else "")


def test_files_that_share_a_site_are_one_group(request):
    for site in SITES:
        assert groups(request.session.items, site) <= {site}


def test_crowds_of_all_files_are_one_group(request):
    racing = [item for item in request.session.items if "test_races.py" in item.nodeid]

    assert {group_of(item) for item in racing} <= {CROWDS}


def test_what_takes_longest_begins_first(request):
    longest = {*SITES, CROWDS}

    is_long = [group_of(item) in longest for item in request.session.items]

    assert is_long == sorted(is_long, reverse=True)
