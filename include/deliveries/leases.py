"""Whether somebody still writes to a file, asked of the kernel by a lease; FANGPIN_PLAIN=1 turns it off (docs/adr/0015-fences.md).

Then, as where the system does not say, a file counts as whole when it was renamed or has long been quiet.
"""

from __future__ import annotations

import fcntl
import os
import signal
from pathlib import Path

from include.plain import is_plain

OPEN_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def is_being_written(path: str | Path) -> bool | None:
    """Whether some process has the file open for writing; None where the system does not say: another's file, a network share.

    Linux grants a read lease only on a file that nobody writes to; copying programs hold theirs open to the end.
    """
    if is_plain():
        return None
    try:
        handle = os.open(path, OPEN_FLAGS)
    except FileNotFoundError:
        return True
    except OSError:
        return None
    try:
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)  # one who opens it meanwhile has us told so; SIGURG is ignored
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:
        return None
    finally:
        os.close(handle)
    return False
