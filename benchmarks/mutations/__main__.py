"""两千份小文件：从各种数据的好文件出发，随机改动版式，逐份按真实的读取和核对走一遍。

每一份的每一行只能是：全部正确采用；或者退回、待核定，并且说了原因。出现错列、差倍数、丢行即为错，以非零退出；错的文件留下，
可用种子和序号重造。

    python -m benchmarks.mutations [--files 2000] [--seed 1] [--only 序号] [--keep 目录]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.mutations.run import run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutations", description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="只造这一份，并留下")
    parser.add_argument("--keep", type=Path, help="错的文件留在这里")
    given = parser.parse_args()
    keep = given.keep or Path(tempfile.mkdtemp(prefix="fangpin-mutations-"))
    started = time.monotonic()
    results = run(
        given.seed, [given.only] if given.only is not None else range(given.files), keep, keeps_all=given.only is not None
    )
    print(results.table())
    print(f"{len(results.files)} 份，{time.monotonic() - started:.0f} 秒；留下的文件在 {keep}")
    return 1 if results.faulty else 0


if __name__ == "__main__":
    sys.exit(main())
