"""Text: the next character or word, the missing word, the class of a text."""
