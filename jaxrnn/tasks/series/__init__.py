"""Rows of numbers: forecasts, classes of sensor series, digits read row by row."""
