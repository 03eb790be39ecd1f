"""The rehearsal county: real towns and villages, fictional people, files as departments send them, and the right answers.

Every person, number, household and event in these files is made up. The package shares no code with the pipeline (it uses
only include.site, for paths): its rules and checks are written a second time, so that agreement with `answers.json`
proves something.
"""

from include.rehearsal.county.rehearse import SIZES, Summary, write_sample

__all__ = ["SIZES", "Summary", "write_sample"]
