"""A text from a text: translation, summaries."""
