"""Speech to words and words to speech."""
