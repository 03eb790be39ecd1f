"""Runs as a process of its own: reads a large xlsx by column, every cell as text, several times as quickly as ``read_cells.py``.

What type a cell has is lost on the way; ``cell_types.py`` finds it in the file's XML. Standard output: one Arrow stream for each
of the sheets. Whatever happens here that is not usual, this process ends and the file is read the careful way.
"""

from __future__ import annotations

import sys


def main(path: str, memory: str, max_cells: str, *sheets: str) -> int:
    """Exit code 1: the book is too large for this way."""
    import resource

    import fastexcel
    import pyarrow as pa

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    out = sys.stdout.buffer
    book = fastexcel.read_excel(path)
    cells = 0
    for sheet in sheets:
        batch = book.load_sheet_eager(sheet, header_row=None, skip_rows=0, dtypes="string")
        cells += batch.num_columns * batch.num_rows
        if cells > int(max_cells):
            return 1
        with pa.ipc.new_stream(out, batch.schema) as stream:
            stream.write_batch(batch)
    out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
