"""What a series does that a forecast of it did not expect."""
