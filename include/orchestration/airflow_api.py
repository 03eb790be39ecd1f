"""Asking Airflow over its public API on this machine: its DAGs, runs and tasks, what waits for an answer, and who answered."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx

from include.errors import FangpinError
from include.orchestration.airflow_home import log_file, signing_keys
from include.orchestration.users import RENEW_SECONDS, UserError, token
from include.site import Site

API_SERVER = "api-server"
REQUEST_SECONDS = 60.0
PAGE = 100


class ServiceError(FangpinError, RuntimeError):
    """Airflow did not start, answer or finish; the message says which part and where its log is.

    ``status``: the answer's HTTP status where Airflow refused a request.
    """

    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status


@dataclass
class AirflowApi:
    """The Airflow of one home that listens on a port of this machine."""

    site: Site
    port: int
    patience: float = 0.0
    """So many seconds a request is asked again while nobody answers."""
    _tokens: dict[str, tuple[float, str]] = field(default_factory=dict, repr=False)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def look(self) -> object:
        """What is done before asking again; whoever started the parts looks after them here."""

    def call(
        self, method: str, path: str, *, user: str = "data", body: Mapping[str, Any] | None = None, repeats: bool = False
    ) -> Any:
        """One request to the public API as a user; ``repeats`` when sending it twice does what sending it once does.

        Raises ServiceError with the API's own words on an error answer, and when nobody answers for as long as ``patience``.
        """
        headers = {"Authorization": f"Bearer {self._token(user)}"}
        answer = self._send(method, f"/api/v2{path}", repeats=repeats or method == "GET", headers=headers, json=body)
        if answer.is_error:
            raise ServiceError(f"Airflow 拒绝了 {method} {path}（{answer.status_code}）：{answer.text[:300]}", answer.status_code)
        return answer.json() if answer.content else None

    def _send(self, method: str, path: str, *, repeats: bool, **given: Any) -> httpx.Response:
        """The answer to a request, asked again while nobody answers: what died or hangs is started again meanwhile."""
        until = time.monotonic() + self.patience
        while True:
            try:
                return httpx.request(method, f"{self.base_url}{path}", timeout=REQUEST_SECONDS, **given)
            except httpx.TransportError as error:
                may_have_come = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                if time.monotonic() > until or (may_have_come and not repeats):
                    log = log_file(self.site, API_SERVER)
                    raise ServiceError(f"{API_SERVER} 没有应答 {method} {path}（{type(error).__name__}）；详情见 {log}") from None
            self.look()
            time.sleep(0.5)

    def _token(self, user: str) -> str:
        made, text = self._tokens.get(user, (0.0, ""))
        if time.monotonic() - made > RENEW_SECONDS or not text:
            try:
                made, text = time.monotonic(), token(self.site, signing_keys(self.site)["jwt"], user)
            except UserError as error:
                raise ServiceError(str(error)) from error
            self._tokens[user] = made, text
        return text

    def dags(self) -> set[str]:
        """The DAGs that the DAG processor has loaded."""
        return {dag["dag_id"] for dag in self.call("GET", "/dags?limit=200")["dags"]}

    def import_errors(self, since: datetime) -> list[str]:
        """DAG files that could not be imported since a moment; older errors may be mended by now."""
        errors = self.call("GET", "/importErrors?limit=100")["import_errors"]
        return [item["filename"] for item in errors if datetime.fromisoformat(item["timestamp"]) >= since]

    def trigger(self, dag_id: str, *, partition_key: str | None = None, conf: Mapping[str, Any] | None = None) -> str:
        """Start a run and return its id."""
        run_id = f"fangpin__{secrets.token_hex(8)}"  # ours, so that asking again starts no second one
        body: dict[str, Any] = {"logical_date": None, "dag_run_id": run_id}
        if partition_key:
            body["partition_key"] = partition_key
        if conf:
            body["conf"] = dict(conf)
        try:
            self.call("POST", f"/dags/{dag_id}/dagRuns", body=body, repeats=True)
        except ServiceError:
            if run_id not in {run["dag_run_id"] for run in self.runs()}:
                raise
        return run_id

    def runs(self, *, states: tuple[str, ...] = (), dag_id: str = "~", user: str = "data") -> list[dict[str, Any]]:
        """Runs of one DAG or of every DAG, newest first."""
        query = "".join(f"&state={state}" for state in states)
        found: list[dict[str, Any]] = []
        while True:
            path = f"/dags/{dag_id}/dagRuns?limit={PAGE}&offset={len(found)}&order_by=-run_after{query}"
            page = self.call("GET", path, user=user)["dag_runs"]
            found += page
            if len(page) < PAGE:
                return found

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Task instances of a run."""
        return list(self.call("GET", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=200")["task_instances"])

    def approve(self, dag_id: str, run_id: str, task_id: str, *, user: str) -> None:
        """Answer a waiting approval as that user."""
        self.call(
            "PATCH", _hitl_path(dag_id, run_id, task_id), user=user, body={"chosen_options": ["Approve"], "params_input": {}}
        )

    def fail(self, dag_id: str, run_id: str, task_id: str, why: str) -> None:
        """Mark a task as failed, and its run fails with it; a question that waits in it is withdrawn.

        The run itself marked as failed would skip what waits, and end as done.
        """
        path = f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}/taskInstances/{task_id}"
        self.call("PATCH", path, body={"new_state": "failed", "note": why}, repeats=True)

    def waiting(self) -> list[dict[str, Any]]:
        """What waits for an answer: Airflow's records with their task instances."""
        path = f"/dags/~/dagRuns/~/hitlDetails?response_received=false&state=awaiting_input&limit={PAGE}"
        return list(self.call("GET", path, user="service")["hitl_details"])

    def hitl(self, dag_id: str, run_id: str, task_id: str) -> dict[str, Any] | None:
        """Airflow's record of what was asked and answered; None when nothing was asked."""
        try:
            return dict(self.call("GET", _hitl_path(dag_id, run_id, task_id), user="service"))
        except ServiceError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return None
            raise


def _hitl_path(dag_id: str, run_id: str, task_id: str) -> str:
    return f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}/taskInstances/{task_id}/-1/hitlDetails"
