"""What a deployment is made of fits the code."""
