"""A view a page: it routes, a form checks, a service decides."""
