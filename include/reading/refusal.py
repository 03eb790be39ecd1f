"""A delivery that cannot be used goes back as a whole with one plain reason; one that could not be read to its end waits."""

from __future__ import annotations

from typing import Literal

from include.errors import FangpinError

SAVE_AS = "请用 Excel 或 WPS 打开，另存为“Excel 工作簿（*.xlsx）”后重新报送"
MAX_COLUMNS = 16_384


class Refused(FangpinError):
    """The whole delivery is refused. ``reason`` is Chinese, says where the fault is and what to do; it holds no personal data."""

    def __init__(self, reason_code: str, what: str, where: str = "", remedy: str = "") -> None:
        super().__init__(what, where, remedy)
        self.reason_code = reason_code
        self.reason = str(self)


Limit = Literal["memory", "processor", "time", "answer", "signal", "fault", "nonsense", "reader"]
ENDED: dict[Limit, str] = {
    "memory": "读取时内存用量超过上限",
    "processor": "读取时处理器用时超过上限",
    "time": "读取时等待超过上限",
    "answer": "读出的内容超过上限",
    "signal": "读取它的进程中途被终止",
    "fault": "读取程序出错",
    "nonsense": "读取它的进程给出的结果不完整",
    "reader": "读取服务中途停止",
}


class ReadingEnded(FangpinError):
    """A file was not read to its end, which says nothing of the file: whoever asked tries again later, then sets it aside.

    ``limit`` says what ended the reading; ``reason`` says it in Chinese, without the file's name and without anything from it.
    """

    def __init__(self, limit: Limit, detail: str = "") -> None:
        self.limit = limit
        self.reason = ENDED[limit] + (f"({detail})" if detail else "")
        super().__init__(self.reason)


def password(file_name: str) -> Refused:
    """The file has a password for opening."""
    return Refused(
        "password", f"文件“{file_name}”设有打开密码，系统无法读取", remedy="请在 Excel 或 WPS 中取消打开密码，保存后重新报送"
    )


def damaged(file_name: str) -> Refused:
    """The file is what it seems to be, but not whole."""
    return Refused(
        "damaged",
        f"文件“{file_name}”已损坏或没有传完，无法打开",
        remedy=f"请在原电脑上确认文件完好，{SAVE_AS.removeprefix('请')}",
    )


def too_large(file_name: str) -> Refused:
    """What was counted is more than a table can be. Never said because a reading ended."""
    return Refused(
        "too_large",
        f"文件“{file_name}”内容过大，或在很远的行、列有多余内容，无法读取",
        remedy="请只把有数据的区域复制到一张新表，另存为 *.xlsx 后重新报送，数据很多时分成几个文件",
    )


def too_wide(file_name: str) -> Refused:
    """A sheet has more columns than Excel knows."""
    return Refused(
        "too_wide", f"文件“{file_name}”的列数过多（超过 {MAX_COLUMNS} 列），不是本系统能读的表", remedy="请删去多余的列后重新报送"
    )
