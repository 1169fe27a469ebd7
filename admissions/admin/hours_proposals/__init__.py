"""Hours that counselors propose, and those who decide about them."""
