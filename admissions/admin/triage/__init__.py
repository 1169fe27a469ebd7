"""The list of requests and the page of one."""
