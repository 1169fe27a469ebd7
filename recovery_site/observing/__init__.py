"""What tells an operator how the site is: metrics, logs, slow statements, reports of faults."""
