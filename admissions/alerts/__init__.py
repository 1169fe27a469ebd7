"""What members of staff are told of, and the phones and browsers that it reaches."""
