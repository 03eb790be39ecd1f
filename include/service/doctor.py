"""What is wrong with this machine or these settings, in words a data team can act on."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import stat
import sys
from dataclasses import dataclass

from include.clocks.channels import CONTACTS, contacts, reminder_folder
from include.errors import FangpinError
from include.recovery.missing import find_missing
from include.site import Site
from include.site.calendar import gap_warning
from include.site.home import readable_by_others
from include.storage import ledger
from include.storage.ledger.migrate import COMPUTED_IS_MISSING
from include.storage.warehouse import connect, key_file

WANTED = {"apache-airflow": "3.3.", "dbt-core": "1.11.", "dbt-duckdb": "1.11.", "duckdb": "1.5.", "great-expectations": "1.24."}
FREE_BYTES = 5 * 1024**3


@dataclass(frozen=True)
class Finding:
    """One thing looked at: 通过, 提示 or 问题, and what to do."""

    level: str
    what: str
    text: str


def examine(site: Site) -> list[Finding]:
    """Everything worth knowing before a month is run, worst not first but in a fixed order."""
    return [
        _python(),
        *_versions(),
        _key(),
        _modes(site),
        _warehouse(site),
        *_missing(site),
        _disk(site),
        _fonts(site),
        _income_line(site),
        _holidays(site),
        _channels(site),
    ]


def _python() -> Finding:
    fits = sys.version_info >= (3, 11)
    return Finding("通过" if fits else "问题", "Python", f"{sys.version.split()[0]}" + ("" if fits else "，需要 3.11 以上"))


def _versions() -> list[Finding]:
    found = []
    for package, wanted in WANTED.items():
        version = importlib.metadata.version(package)
        fits = version.startswith(wanted)
        found.append(
            Finding("通过" if fits else "问题", package, version if fits else f"{version}，应为 {wanted}x；请重新运行 make setup")
        )
    return found


def _key() -> Finding:
    if os.environ.get("FANGPIN_KEY"):
        return Finding("通过", "密钥", "由环境变量 FANGPIN_KEY 给出")
    path = key_file()
    if not path.exists():
        return Finding("提示", "密钥", f"尚未生成，首次使用时写入 {path}；请随后另存备份，丢失后仓库无法打开")
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return Finding("问题", "密钥", f"{path} 的权限是 {mode:o}，别的用户可以读到；请运行 chmod 600 {path}")
    return Finding("通过", "密钥", f"{path}，请确认已另存备份")


def _modes(site: Site) -> Finding:
    """Nobody else gets in while the home itself is closed; what lies open below matters when it is opened or copied."""
    open_ones = readable_by_others(site)
    if not open_ones:
        return Finding("通过", "权限", f"{site.home} 只有本用户能读")
    remedy = f"请运行 chmod -R go-rwx {site.home}"
    if open_ones[0] == site.home:
        return Finding("问题", "权限", f"别的用户可以进入 {site.home}；{remedy}")
    return Finding("提示", "权限", f"{site.home} 以下有 {len(open_ones)} 个文件或目录对别的用户开放，如 {open_ones[0]}；{remedy}")


def _warehouse(site: Site) -> Finding:
    if not site.warehouse.exists():
        if site.ledger.exists():
            return Finding("问题", "数据仓库", COMPUTED_IS_MISSING)
        return Finding("通过", "数据仓库", f"尚未建立，将写入 {site.warehouse}")
    try:
        with connect(site, wait_seconds=5) as connection:
            ledger.create_tables(connection)
            return Finding("通过", "数据仓库", f"{site.warehouse} 可以打开")
    except FangpinError as error:
        return Finding("问题", "数据仓库", str(error))


def _missing(site: Site) -> list[Finding]:
    """Whether the ledger knows all that was received and given out: an older one may have been put back."""
    try:
        lines = find_missing(site).lines()
    except FangpinError:  # what is wrong with the warehouse is said already
        return []
    return [Finding("问题", "台账", line) for line in lines] or [Finding("通过", "台账", "存档、回执和交办的文件都有记录")]


def _disk(site: Site) -> Finding:
    folder = site.home if site.home.exists() else site.home.parent
    free = shutil.disk_usage(folder).free
    text = f"剩余 {free / 1024**3:.0f} GB"
    return Finding("通过", "磁盘", text) if free > FREE_BYTES else Finding("问题", "磁盘", f"{text}，至少需要 5 GB；请清理磁盘")


def _fonts(site: Site) -> Finding:
    from include.reports.letter import missing_fonts

    folder = site.home / "county" / "fonts"
    notes = missing_fonts(folder)
    if not notes:
        return Finding("通过", "公文字体", "齐全")
    return Finding("提示", "公文字体", f"{'；'.join(notes)}（字体文件放入 {folder}）")


def _income_line(site: Site) -> Finding:
    own = site.home / "county" / "income_line.csv"
    if own.exists():
        return Finding("通过", "监测收入标准", f"{own}")
    return Finding("提示", "监测收入标准", f"用的是示例值；请由县里核定后写入 {own}（列：valid_from,valid_to,yuan,note）")


def _holidays(site: Site) -> Finding:
    warning = gap_warning(site, site.now().date())
    return Finding("提示", "节假日", warning) if warning else Finding("通过", "节假日", f"覆盖 {site.now().year} 年")


def _channels(site: Site) -> Finding:
    own = site.home / "county" / CONTACTS
    configured = contacts(site)
    if not configured:
        return Finding(
            "提示", "催办渠道", f"未配置，催报函、催办函只写入 {reminder_folder(site)}；渠道写入 {own}（见 docs/clocks.md）"
        )
    mode = stat.S_IMODE(own.stat().st_mode)
    if mode & 0o077:
        return Finding("问题", "催办渠道", f"{own} 含有渠道口令，权限是 {mode:o}，别的用户可以读到；请运行 chmod 600 {own}")
    return Finding("通过", "催办渠道", f"{sum(map(len, configured.values()))} 个，{own}")
