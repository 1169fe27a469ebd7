"""Tasks go elsewhere for a while, or run where they are called."""

from contextlib import contextmanager

from recovery_site.celery import app


@contextmanager
def another_broker(url):
    """Celery sends what it sends to this address; afterwards as before."""
    usual = app.conf.broker_url
    use_broker(url)
    try:
        yield
    finally:
        use_broker(usual)


@contextmanager
def own_queues(prefix):
    """The site's queues in the real Redis under a prefix, where no other worker reads."""
    app.conf.broker_transport_options["global_keyprefix"] = prefix
    forget_connections()
    try:
        yield
    finally:
        del app.conf.broker_transport_options["global_keyprefix"]
        forget_connections()


def use_broker(url):
    app.conf.broker_url = app.conf.broker_read_url = app.conf.broker_write_url = url
    forget_connections()


def forget_connections():
    """Celery keeps its queues and connections as they were when it first sent something."""
    app.__dict__.pop("amqp", None)
    app._pool = None


@contextmanager
def tasks_in_place():
    """Tasks run where they are called, and their faults are seen."""
    app.conf.task_always_eager = app.conf.task_eager_propagates = True
    try:
        yield
    finally:
        app.conf.task_always_eager = app.conf.task_eager_propagates = False
