"""Code 128 (ISO/IEC 15417): a warning's number as bars, so that a reader's beep finds its row in the sheet.

Drawn by these few lines, since a QR code would need a library that the county's closed network does not have, and a number of
thirteen characters fits one line of bars which the cheapest reader types in like a keyboard.
"""

from __future__ import annotations

_WIDTHS = (
    "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122123221"
    "223211221132221231213212223112312131311222321122321221312212322112322211212123212321232121111323131123131321"
    "112313132113132311211313231113231311112133112331132131113123113321133121313121211331231131213113213311213131"
    "311123311321331121312113312311332111314111221411431111111224111422121124121421141122141221112214112412122114"
    "122411142112142211241211221114413111241112134111111242121142121241114212124112124211411212421112421211212141"
    "214121412121111143111341131141114113114311411113411311113141114131311141411131"
)
"""Six widths a value, from 0 on."""
_START_B, _STOP, _PRIME = "211214", "2331112", 103
_START_B_VALUE = 104
_FIRST = ord(" ")


def bars_of(text: str) -> list[int]:
    """The widths of bars and gaps in modules, a bar first; code set B: printable ASCII.

    Raises ValueError for anything else. The quiet zone of ten modules on either side is the printer's to leave.
    """
    values = [ord(mark) - _FIRST for mark in text]
    if not values or not all(0 <= value <= ord("~") - _FIRST for value in values):
        raise ValueError("条码只能是可打印的 ASCII 字符")
    check = (_START_B_VALUE + sum(place * value for place, value in enumerate(values, start=1))) % _PRIME
    return [
        int(width)
        for code in (_START_B, *(_WIDTHS[6 * value : 6 * value + 6] for value in (*values, check)), _STOP)
        for width in code
    ]
