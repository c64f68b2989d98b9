"""Sentences about pictures and short clips."""
