"""The registry for departments, with only what each needs of it."""

from __future__ import annotations

from typing import Annotated

import typer

from include.cli.terminal import console
from include.site import SettingsError, current_site


def registry_list(
    department: Annotated[str | None, typer.Argument(metavar="部门", help="如 县医保局；不写则写出所有需要的部门的")] = None,
) -> None:
    """给各部门写出脱贫人口和监测对象名单（通知第三条第一款），只含其数据契约写明需要的列，编号并记录在案。

    写到运行目录的 registry_lists/ 下，一个部门一个文件夹。不需要完整证件号码的只给末四位；不送出，由县乡村振兴局交给部门。
    """
    from include.reports.registry_list import hand_over

    site = current_site()
    key = site.county.department_of_folder(department) if department else None
    if department and key is None:
        raise SettingsError(f"没有名为“{department}”的部门；可用：{'、'.join(site.county.departments.values())}")
    for each in hand_over(site, key):
        console.print(f"{each.need.department_name}：{each.number}，{each.row_count} 行，{each.path}", markup=False)
    console.print("名单含个人信息：请当面或加密交给部门指定的人，并登记签收")
