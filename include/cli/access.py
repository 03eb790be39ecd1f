"""Who may come in: the pages' users with their passwords, a department's token; both are shown once."""

from __future__ import annotations

from typing import Annotated

import typer

from include.cli.terminal import console
from include.cli.words import App
from include.site import SettingsError, current_site

users = App(help="网页用户：换新口令", no_args_is_help=True)


@users.callback()
def _users() -> None:
    """网页用户。"""


@users.command("reset")
def users_reset(user: Annotated[str, typer.Argument(help="bureau、data 或 auditor")]) -> None:
    """给一个用户换新口令，只显示一次；旧口令作废。"""
    from include.orchestration.users import reset_password
    from include.service.environment import airflow_environment

    site = current_site()
    print_passwords({user: reset_password(site, airflow_environment(site, 0), user)})


def token(department: Annotated[str, typer.Argument(metavar="部门", help="如 县信访局 或 petition")]) -> None:
    """发给一个部门推送数据用的令牌，连同地址和第一行命令；再次运行即换新，旧令牌作废。"""
    from include.contracts import load_contracts
    from include.deliveries.tokens import issue_token
    from include.portal.curl import push_address, send_line

    site = current_site()
    key = site.county.department_of_folder(department)
    if key is None:
        raise SettingsError(f"没有名为“{department}”的部门；可用：{'、'.join(site.county.departments.values())}")
    text = issue_token(site, key)
    console.print(f"{site.county.departments[key]}的令牌（只显示这一次，旧令牌已作废）：", markup=False)
    console.print(text, markup=False)
    address = push_address()
    console.print(f"地址：{address}（对外的地址由环境 AIRFLOW__API__BASE_URL 给出）", markup=False)
    if feeds := [contract.feed for contract in load_contracts() if contract.department == key]:
        console.print("第一行（其余见 docs/push.md）：", markup=False)
        console.print(send_line(feeds[0], address, text), markup=False)


def print_passwords(passwords: dict[str, str]) -> None:
    """Once, when the users were made: nobody can read them again."""
    from include.orchestration.users import PEOPLE

    for user, password in passwords.items():
        console.print(f"用户 {user}（{PEOPLE[user]}）口令：{password}", markup=False)
    if passwords:
        console.print("口令只显示这一次，请记下；遗失时用 fangpin users reset <用户> 换新", markup=False)
