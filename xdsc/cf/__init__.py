"""Which coordinate is what: time, latitude, longitude, and the variables that live on all three."""

from xdsc.cf.axes.axes import Axes, find_axes
from xdsc.cf.axes.time import check_time, require_dates, run_of, seconds, time_runs, typical_step
from xdsc.cf.dataset import require_dataset, text_of
from xdsc.cf.variables import feature_variables

__all__ = [
    "Axes",
    "check_time",
    "feature_variables",
    "find_axes",
    "require_dataset",
    "require_dates",
    "run_of",
    "seconds",
    "text_of",
    "time_runs",
    "typical_step",
]
