"""Figures, tables and self-contained pages made from the records of a run."""

from jaxrnn.report.comparison import comparison_page
from jaxrnn.report.table import Table, comparison_table

__all__ = ["Table", "comparison_page", "comparison_table"]
