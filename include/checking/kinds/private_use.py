"""Characters that old fonts kept in the private use area, by the code the standard gives them today.

GBK's area FE50 to FEA0 was U+E815 to U+E864 in fonts until GB 18030-2000 gave most of them a code (䶮 was U+E863), GB 18030-2005
left twenty-four, of which GB 18030-2022 moved eighteen; the other six have codes of Extension B. What else stands in the private
area is some font's own and stays.
"""

from __future__ import annotations

_FIRST, _LEAD = 0xE815, 0xFE
_TRAILS = [*range(0x50, 0x7F), *range(0x80, 0xA1)]
_LEFT_BY_2000 = {
    0xE816: 0x20087, 0xE817: 0x20089, 0xE818: 0x200CC, 0xE81E: 0x9FB4, 0xE826: 0x9FB5, 0xE82B: 0x9FB6, 0xE82C: 0x9FB7,
    0xE831: 0x215D7, 0xE832: 0x9FB8, 0xE83B: 0x2298F, 0xE843: 0x9FB9, 0xE854: 0x9FBA, 0xE855: 0x241FE, 0xE864: 0x9FBB,
}  # fmt: skip
_BY_STANDARD = {
    _FIRST + at: ord(bytes([_LEAD, trail]).decode("gb18030")) for at, trail in enumerate(_TRAILS)
} | _LEFT_BY_2000  # fmt: skip


def mapped(text: str) -> str:
    """The text with the known private-use characters in their standard code."""
    return text if text.isascii() else text.translate(_BY_STANDARD)
