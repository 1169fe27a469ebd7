"""Who is on call, and who answers the line after hours."""
