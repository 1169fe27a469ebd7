"""What staff take back within thirty seconds: put back as it was, by an event of its own."""
