"""Workbooks to fill in, one a feed."""

from __future__ import annotations

from include.cli.terminal import console
from include.site import current_site


def templates() -> None:
    """按数据契约写出各种数据的填报模板，放在运行目录的 templates/ 下。再次运行即换新；不收数据，不改数据。"""
    from include.reports.template import write_templates

    site = current_site()
    paths = write_templates(site)
    console.print(f"已写出 {len(paths)} 份：{site.home / 'templates'}", markup=False)
    for path in paths:
        console.print(f"  {path.name}", markup=False)
