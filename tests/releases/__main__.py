"""Pack the current FANGPIN_HOME as a release's: ``python -m tests.releases 0.1``."""

import sys

from tests.releases import pack

print(pack(sys.argv[1]))
