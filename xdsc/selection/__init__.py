"""Which method, and which K: runs with several seeds, their scores, and tables of them."""

from xdsc.selection.comparison import compare
from xdsc.selection.table import comparison_table, format_table

__all__ = ["compare", "comparison_table", "format_table"]
