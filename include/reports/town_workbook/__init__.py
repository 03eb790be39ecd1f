"""One town's workbook: what it has to visit, why, and the sheet its villages fill in and send back.

Whole identity numbers stand here and in no other report, because the villages need them at the door. No sheet but the
verification sheets holds all columns a contract requires (none has a town column), so it comes back as a verification.
"""

from include.reports.town_workbook.workbook import write_town_workbook

__all__ = ["write_town_workbook"]
