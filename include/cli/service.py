"""The service that stays: started, stopped; and whether this machine is fit for it."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from include.cli.access import print_passwords
from include.cli.terminal import console
from include.site import current_site


def up(
    port: Annotated[int, typer.Option(help="本机端口")] = 8080,
    foreground: Annotated[bool, typer.Option("--foreground", help="留在前台，由 systemd 之类看管")] = False,
) -> None:
    """启动常驻服务（只在本机 127.0.0.1）：文件到齐即收件，接口推送即收，交办等候批准。"""
    from include.service.airflow import start_service, watch_here
    from include.site.home import keep_clock, open_home

    site = current_site()
    open_home(site)
    if "FANGPIN_NOW" in os.environ:
        keep_clock(site, site.now())
    if foreground:
        watch_here(site, port)
    service = start_service(site, port)
    console.print(f"服务已启动：{service.base_url}（只在本机）；日志在 {site.airflow / 'logs' / 'service'}")
    print_passwords(service.passwords)


def down() -> None:
    """停止常驻服务，只停它自己的进程。"""
    from include.service.airflow import stop_service

    stopped = stop_service(current_site())
    console.print(f"已停止：{'、'.join(stopped)}" if stopped else "服务没有在运行")


def doctor() -> None:
    """检查本机和设置：版本、密钥、字体、磁盘、收入标准、节假日。"""
    from include.service.doctor import examine

    findings = examine(current_site())
    for finding in findings:
        colour = {"通过": "green", "提示": "yellow", "问题": "red"}[finding.level]
        console.print(f"[{colour}]{finding.level}[/{colour}] {finding.what}:{finding.text}")
    if any(finding.level == "问题" for finding in findings):
        raise typer.Exit(1)
