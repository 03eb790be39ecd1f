"""Airflow's users of one home: who may do what, made once; passwords are shown once and kept only hashed, by FAB.

Nobody here has a role of FAB's own: its Viewer reads XCom, its Op connections, and its Admin may write both. Run as a module it
does its work in Airflow's environment, told by standard input.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import jwt

from include.errors import FangpinError
from include.orchestration.airflow_home import log_file
from include.site import PROJECT, Site

Grants = tuple[tuple[str, str], ...]

AUTH_MANAGER = "AIRFLOW__CORE__AUTH_MANAGER"
FAB = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
SIMPLE_ROLES = {"bureau": "op", "data": "admin", "auditor": "viewer", "service": "viewer"}
"""For an operator who chooses Airflow's SimpleAuthManager himself."""
PEOPLE = {"bureau": "乡村振兴局：看流程、批准或退回交办", "data": "数据组：运行流程", "auditor": "审计：只看"}
TOKEN_SECONDS = 600
RENEW_SECONDS = 300
RUNS = ("DAGs", "DAG Runs", "DAG Versions", "Task Instances", "HITL Detail")
OWN: Grants = tuple((action, what) for action in ("can_read", "can_edit") for what in ("My Password", "My Profile"))


def _may(action: str, *what: str) -> Grants:
    return tuple((action, name) for name in what)


_LOOK: Grants = (
    *_may("can_read", "Website", *RUNS, "Task Logs"),
    *_may("menu_access", "Browse", "DAGs", "DAG Runs", "Task Instances", "HITL Detail"),
    *OWN,
)
_EXAMINE: Grants = (
    *_LOOK,
    *_may("can_read", "DAG Code", "DAG Dependencies", "DAG Warnings", "Assets", "Asset Aliases", "ImportError", "Jobs"),
    *_may("can_read", "Pools", "Plugins", "Cluster Activity", "Audit Logs"),
    *_may("menu_access", "DAG Dependencies", "Assets", "Audit Logs", "Jobs", "Cluster Activity"),
)
ROLES: dict[str, tuple[str, Grants]] = {
    # Answering needs the right to edit the DAG too; for these two that is only the right to pause them.
    "bureau": ("Bureau", (*_LOOK, *_may("can_edit", "HITL Detail", "DAG:dispatch", "DAG:instant"))),
    "data": (
        "Data team",
        (*_EXAMINE, *_may("can_edit", "DAGs", "DAG Runs", "Task Instances"), *_may("can_create", "DAG Runs", "Task Instances")),
    ),
    "auditor": ("Auditor", _EXAMINE),
    "service": ("Service", _may("can_read", *RUNS)),  # by its token the tasks read who answered; it has no password
}
"""User → the name of his role and everything it may: FAB's actions on FAB's resources."""


class UserError(FangpinError, RuntimeError):
    """A user could not be made or is not known; the message says what to do."""


def is_fab() -> bool:
    """Whether users are FAB's: always, unless the operator chose another auth manager."""
    return os.environ.get(AUTH_MANAGER, FAB).endswith("FabAuthManager")


def _users_file(site: Site) -> Path:
    return site.airflow / "users.json"


def _read(site: Site) -> dict[str, Any]:
    with suppress(FileNotFoundError, ValueError):
        return dict(json.loads(_users_file(site).read_text("utf-8")))
    return {}


def user_id(site: Site, user: str) -> str | None:
    """The number by which Airflow knows a user; None before the users are made."""
    number = _read(site).get("ids", {}).get(user)
    return None if number is None else str(number)


def approver_id(site: Site) -> str:
    """Whom Airflow takes for the approver: as the operator says, else the bureau's user of this home."""
    chosen = os.environ.get("FANGPIN_APPROVER") or (user_id(site, "bureau") if is_fab() else None)
    return chosen or "bureau"


def make_users(site: Site, environment: Mapping[str, str]) -> dict[str, str]:
    """Make what lacks of the home's roles and users; returns the passwords of the people made now, which are kept nowhere.

    It takes seconds, so it is done again only for another database, or when a release changes what a role may. Raises UserError.
    """
    if not is_fab():
        return {}
    basis = _basis(environment)
    if _read(site).get("basis") == basis:
        return {}
    fresh = {user: _password() for user in ROLES}
    told = _run(site, environment, {"make": fresh})
    path = _users_file(site)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as lines:
        json.dump({"basis": basis, "ids": told["ids"]}, lines)
    return {user: fresh[user] for user in told["made"] if user in PEOPLE}


def reset_password(site: Site, environment: Mapping[str, str], user: str) -> str:
    """Give a person a new password and return it, to be shown once. Raises UserError for anybody else."""
    if user not in PEOPLE:
        raise UserError(f"没有名为“{user}”的用户；可用：{'、'.join(PEOPLE)}")
    if not is_fab():
        raise UserError("用户由另选的认证管理器管理，口令请在那里重置")
    password = _password()
    _run(site, environment, {"reset": {user: password}})
    return password


def _password() -> str:
    return secrets.token_urlsafe(12)


def _basis(environment: Mapping[str, str]) -> str:
    name = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
    database = [environment.get(name + how, "") for how in ("", "_CMD", "_SECRET")]
    return hashlib.sha256(json.dumps([database, ROLES]).encode()).hexdigest()


def _run(site: Site, environment: Mapping[str, str], request: Mapping[str, Any]) -> dict[str, Any]:
    log = log_file(site, "setup")
    with log.open("ab") as output:
        done = subprocess.run(
            [sys.executable, "-m", "include.orchestration.users"],
            input=json.dumps(request).encode(), stdout=subprocess.PIPE, stderr=output,
            env=dict(environment), cwd=PROJECT, check=False,
        )  # fmt: skip
    if done.returncode:
        raise UserError(f"Airflow 的用户没有建好；详情见 {log}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def token(site: Site, secret: str, user: str) -> str:
    """A token for one user, good for ten minutes, signed with the home's own secret. Raises UserError for an unknown one."""
    now = int(time.time())
    claims = {"jti": uuid.uuid4().hex, "aud": "apache-airflow", "iat": now, "nbf": now, "exp": now + TOKEN_SECONDS}
    return jwt.encode({**_subject(site, user), **claims}, secret, algorithm="HS512")


def _subject(site: Site, user: str) -> dict[str, str]:
    manager = os.environ.get(AUTH_MANAGER, FAB)
    if user not in ROLES:
        raise UserError(f"没有名为“{user}”的用户；可用：{'、'.join(PEOPLE)}")
    if manager.endswith("SimpleAuthManager"):
        return {"sub": user, "role": SIMPLE_ROLES[user]}
    number = user_id(site, user) if is_fab() else None
    if number is None:
        raise UserError(f"还没有用户“{user}”，或认证管理器 {manager} 不受支持；请先用 fangpin up 启动一次服务")
    return {"sub": number}


def _work(request: Mapping[str, Any]) -> dict[str, Any]:
    """In Airflow's environment: make the users, or set passwords."""
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    with get_application_builder() as builder:
        manager = builder.sm
        if resets := request.get("reset"):
            for name, password in resets.items():
                manager.reset_password(manager.find_user(username=name).id, password)
            return {}
        made = [name for name, password in request["make"].items() if _make(manager, name, password)]
        return {"made": made, "ids": {name: manager.find_user(username=name).id for name in ROLES}}


def _make(manager: Any, name: str, password: str) -> bool:
    """Give the user his role, which may exactly what it should, and make him where there is none; returns whether it did."""
    title, grants = ROLES[name]
    role = manager.find_role(title) or manager.add_role(title)
    role.permissions = [manager.create_permission(*grant) for grant in dict.fromkeys(grants)]
    manager.session.merge(role)
    manager.session.commit()
    known = manager.find_user(username=name)
    if known:
        known.roles = [role]
        manager.update_user(known)
        return False
    if not manager.add_user(name, name, "fangpin", f"{name}@fangpin.invalid", role, password):
        raise UserError(f"用户 {name} 没有建成")
    return True


if __name__ == "__main__":
    print(json.dumps(_work(json.load(sys.stdin))))
