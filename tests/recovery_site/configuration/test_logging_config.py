"""What a line of the log looks like."""

import logging
import logging.config

import pytest

from recovery_site.configuration.logging_config import stderr_logging

ONE_IN_THE_AFTERNOON = 1_795_266_000  # 2026-11-21 13:00 UTC


@pytest.fixture
def formatter():
    kind = stderr_logging({})["formatters"]["line"]
    return logging.config.DictConfigurator({}).configure_formatter(kind)


def test_lines_are_in_utc_and_say_so(formatter):
    record = logging.LogRecord("site", logging.INFO, __file__, 1, "ready", (), None)
    record.created = ONE_IN_THE_AFTERNOON

    assert formatter.format(record) == "2026-11-21T13:00:00Z INFO site: ready"
