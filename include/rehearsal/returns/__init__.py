"""Towns that answer: what they send back on an issued dispatch, and what it must come to.

A town sees nothing but its issued workbooks, so nothing else is read here. What is truly the case at each household, how each
town behaves and which lines it writes wrongly come from a seed; the answer key comes from that plan and from the county's
rules written a second time. Like ``county``, the package shares no code with the pipeline (only include.site, for paths).
"""

from include.rehearsal.returns.sample import ANSWERS, Written, write_returns

__all__ = ["ANSWERS", "Written", "write_returns"]
