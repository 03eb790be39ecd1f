"""Whatever is sent to the push interface: no server error, and without a valid token no way in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

import include.site as county
from include.deliveries.tokens import issue_token
from include.portal.push_api import create_app

EXAMPLES = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
schema = schemathesis.openapi.from_asgi("/openapi.json", create_app())


@pytest.fixture(autouse=True, scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    base = tmp_path_factory.mktemp("push")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("FANGPIN_HOME", str(base / "home"))
        patched.setenv("FANGPIN_KEY_FILE", str(base / "key"))
        patched.setenv("FANGPIN_NOW", "2024-03-10T08:00:00")
        yield issue_token(county.current_site(), "petition")


def stored() -> set[str]:
    """Every file of the home but the audit lines."""
    return {str(path) for path in county.current_site().home.rglob("*") if path.is_file() and path.parent.name != "audit"}


@schema.parametrize()
@EXAMPLES
def test_nothing_sent_is_a_server_error(case: schemathesis.Case, token: str) -> None:
    if "feed" in case.path_parameters:
        case.path_parameters["feed"] = "petition__case"
    response = case.call(headers={"Authorization": f"Bearer {token}"})
    assert response.status_code < 500, response.text


@schema.parametrize()
@EXAMPLES
def test_without_a_valid_token_nothing_is_answered_or_stored(case: schemathesis.Case) -> None:
    before = stored()
    given = dict(case.headers or {})
    response = case.call(headers={"Authorization": given.get("Authorization", "Bearer nothing")})
    assert response.status_code == (401 if response.request.method == case.operation.method.upper() else 405)
    assert stored() == before
