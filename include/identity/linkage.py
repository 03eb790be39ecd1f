"""Who a row without a usable number may be: Splink weighs name, place, household head, birth date and sex against the registry.

Suggestions only, for the bureau's review workbook; nothing is matched by them. Beside these stand the candidates of the model
``int_identity`` (same name nearest to the place, one slip of the name in the village). Both are needed: those are exact rules
without a score, frozen into the dispatch and shown to the town that visits; these are scored, also look beyond the village and
use what the rule does not (head, birth date, sex), and say how sure they are, but depend on the figures below.

Runs in a DuckDB of its own in memory. Splink is imported where it is used, because that takes more than a second.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pandas as pd

from include.identity.masks import mask_number

THRESHOLD = 0.2
"""Least probability of a suggestion: one that is wrong four times in five is still worth a clerk's glance, a rarer one is not."""
MOST_SUGGESTIONS = 5
KNOWN_TO_REGISTRY = 0.5
"""Share of the rows asked about whose person the registry lists. Lists speak of all farmers; half is neither for nor against."""
MOST_PAIRS_SAMPLED = 2_000_000
FEATURES = ("name_key", "village_code", "town_code", "head_key", "birth_date", "sex", "is_head")

M = {
    "name": (0.88, 0.03, 0.06, 0.02, 0.01),
    "place": (0.90, 0.06, 0.04),
    "head": (0.92, 0.05, 0.03),
    "birth_date": (0.94, 0.04, 0.02),
    "sex": (0.99, 0.01),
    "is_head": (0.95, 0.05),
}
"""m: how often a row about a registered person reads so, level by level as in LEVELS.

An assumption, not trained: a county has a few dozen such rows a month, too few to learn from. It grants one name in eight and
one village in ten to be unlike the registry. u is counted from the registry itself (_chance).
"""

LEVELS: dict[str, tuple[tuple[str, str], ...]] = {
    "name": (
        ("name_key_l = name_key_r", "姓名相同"),
        ("stands_for(name_key_l, name_key_r)", "姓名除缺字外相同"),
        ("greatest(length(name_key_l), length(name_key_r)) > 2 and one_slip(name_key_l, name_key_r)", "姓名一字之差"),
        ("greatest(length(name_key_l), length(name_key_r)) = 2 and one_slip(name_key_l, name_key_r)", "两字姓名差一字"),
        ("else", "姓名不同"),
    ),
    "place": (
        ("village_code_l = village_code_r", "同村"),
        ("town_code_l = town_code_r", "同镇"),
        ("else", "不同镇"),
    ),
    "head": (
        ("head_key_l = head_key_r", "户主相同"),
        ("stands_for(head_key_l, head_key_r) or one_slip(head_key_l, head_key_r)", "户主姓名一字之差"),
        ("else", "户主不同"),
    ),
    "birth_date": (
        ("birth_date_l = birth_date_r", "出生日期相同"),
        ("one_slip(birth_date_l, birth_date_r)", "出生日期差一位"),
        ("else", "出生日期不同"),
    ),
    "sex": (("sex_l = sex_r", "性别相同"), ("else", "性别不同")),
    "is_head": (("is_head_l = is_head_r", "同为户主或同非户主"), ("else", "户主身份不同")),
}  # fmt: skip
"""Comparisons and their levels, best first: the condition, and the evidence as the bureau reads it."""

UNKNOWN = {
    "name": "name_key_l is null or name_key_r is null",
    "place": "town_code_l is null or town_code_r is null",
    "head": "head_key_l is null or head_key_r is null",
    "birth_date": "birth_date_l is null or birth_date_r is null",
    "sex": "sex_l is null or sex_r is null",
    "is_head": "is_head_l is null or is_head_r is null",
}
"""When a comparison says nothing, for or against."""

SIMILAR = (
    r"""create macro stands_for(a, b) as length(a) = length(b) and a <> b
        and regexp_matches(a || b, '[\p{Co}?？□■�]')
        and list_bool_and(list_transform(range(1, length(a) + 1), lambda i : substr(a, i, 1) = substr(b, i, 1)
            or regexp_matches(substr(a, i, 1) || substr(b, i, 1), '[\p{Co}?？□■�]')))""",
    """create macro left_out(longer, shorter) as list_contains(list_transform(range(1, length(longer) + 1),
        lambda i : left(longer, i - 1) || substr(longer, i + 1)), shorter)""",
    """create macro one_slip(a, b) as case
        when length(a) = length(b)
            then list_sum(list_transform(range(1, length(a) + 1), lambda i : if(substr(a, i, 1) = substr(b, i, 1), 0, 1))) = 1
        when length(a) = length(b) + 1 then left_out(a, b)
        when length(b) = length(a) + 1 then left_out(b, a)
        else false end""",
)
"""Edit distance in characters: DuckDB's own counts bytes, of which a Chinese character has three."""

PERSONS = """
select row_number() over (order by id_number, household_id) as unique_id, person_name, nullif(name_key, '') as name_key,
    village_code, town_code, village_name, household_id, id_number, nullif({head_key}, '') as head_key,
    substr(id_number, 7, 8) as birth_date, cast(cast(substr(id_number, 17, 1) as integer) % 2 as varchar) as sex,
    cast(is_head as varchar) as is_head
from intermediate.int_registry_persons where length(id_number) = 18
"""
CLAIMS = """
select row_id || ':' || name_column as unique_id, nullif({name_key}, '') as name_key, village_code, town_code,
    nullif({head_key}, '') as head_key, substr(known_digits, 7, 8) as birth_date,
    cast(try_cast(substr(known_digits, 17, 1) as integer) % 2 as varchar) as sex,
    if(claim_role = 'head', 'true', null) as is_head
from (
    select identity.row_id, identity.claim_role || '_name' as name_column, identity.claim_role, identity.given_name,
        identity.village_code, identity.town_code, heads.given_name as head_name,
        coalesce(identity.given_id_number, certificates.certificate_number) as known_digits
    from intermediate.int_identity as identity
    left join intermediate.int_identity as heads
        on identity.row_id = heads.row_id and heads.claim_role = 'head' and identity.claim_role = 'person'
    left join raw.disabled_federation__new_certificate as certificates on identity.row_id = certificates.row_id
    where identity.identity = 'unresolved'
)
"""
"""A disability certificate's number begins with its holder's identity number: birth date and sex are known from it."""
NAME_KEY = r"regexp_replace(lower({name}), '[^\p{{L}}\p{{M}}\p{{N}}\p{{Co}}?？□■�]', '', 'g')"


def suggest(warehouse: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """For each unresolved row and its name column, whom of the registry in force it may be, likeliest first.

    Each suggestion has household_id, person_name, village_name, id_number (masked), score (0 to 1) and evidence. Reads the
    warehouse and writes nothing to it.
    """
    head_key = NAME_KEY.format(name="head_name")
    persons = warehouse.execute(PERSONS.format(head_key=head_key)).df()
    claims = warehouse.execute(CLAIMS.format(name_key=NAME_KEY.format(name="given_name"), head_key=head_key)).df()
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for claim_id, suggestions in link(persons, claims).items():
        row_id, _, name_column = claim_id.rpartition(":")
        found[row_id, name_column] = suggestions
    return found


def link(persons: pd.DataFrame, claims: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Suggestions by the claims' unique_id. Both frames have unique_id and FEATURES (text, None where unknown); persons also
    person_name, village_name, household_id and id_number."""
    if persons.empty or claims.empty:
        return {}
    people = persons.set_index("unique_id")
    pairs = _predict(_features(persons), _features(claims))
    odds = (2.0 ** pairs["match_weight"].clip(upper=60)).rename("odds")
    rivals = odds.groupby(pairs["unique_id_l"]).transform("sum")
    pairs = pairs.assign(score=odds / (1 + rivals))  # at most one of them is right: namesakes share what speaks for the name
    pairs = pairs[pairs["score"] >= THRESHOLD].sort_values(["score", "unique_id_r"], ascending=[False, True])
    found: dict[str, list[dict[str, Any]]] = {}
    for pair in pairs.to_dict("records"):
        suggestions = found.setdefault(str(pair["unique_id_l"]), [])
        person = people.loc[int(pair["unique_id_r"])]
        if len(suggestions) < MOST_SUGGESTIONS:
            suggestions.append(
                {
                    "household_id": person["household_id"],
                    "person_name": person["person_name"],
                    "village_name": person["village_name"] if isinstance(person["village_name"], str) else None,
                    "id_number": mask_number(str(person["id_number"])),
                    "score": round(float(pair["score"]), 2),
                    "evidence": _evidence(pair),
                }
            )
    return found


def _features(frame: pd.DataFrame) -> pd.DataFrame:
    kept = frame[["unique_id", *FEATURES]].astype(object)
    kept["unique_id"] = kept["unique_id"].astype(str)
    return kept.where(kept.notna(), None).astype("string")


def _predict(persons: pd.DataFrame, claims: pd.DataFrame) -> pd.DataFrame:
    import splink.comparison_level_library as levels
    from splink import Linker, SettingsCreator, block_on
    from splink.backends.duckdb import DuckDBAPI
    from splink.comparison_library import CustomComparison

    with duckdb.connect(":memory:", config={"autoinstall_known_extensions": False}) as memory:
        for macro in SIMILAR:
            memory.execute(macro)
        u = _chance(memory, persons)

        def level(name: str, at: int) -> Any:
            condition = LEVELS[name][at][0]
            if condition == "else":
                return levels.ElseLevel().configure(m_probability=M[name][at], u_probability=u[name][at])
            given: dict[str, Any] = {"m_probability": M[name][at], "u_probability": u[name][at]}
            if condition == "name_key_l = name_key_r":
                given["tf_adjustment_column"] = "name_key"
            return levels.CustomLevel(condition).configure(**given)

        model = SettingsCreator(
            link_type="link_only",
            comparisons=[
                CustomComparison(
                    [
                        levels.CustomLevel(UNKNOWN[name]).configure(is_null_level=True),
                        *(level(name, at) for at in range(len(LEVELS[name]))),
                    ],
                    output_column_name=name,
                )
                for name in LEVELS
            ],
            blocking_rules_to_generate_predictions=[
                block_on("village_code"),
                block_on("name_key"),
                block_on("town_code", "substr(name_key, 1, 1)"),
                block_on("head_key"),
            ],
            probability_two_random_records_match=KNOWN_TO_REGISTRY / len(persons),
            retain_matching_columns=True,
            retain_intermediate_calculation_columns=True,
        )
        api = DuckDBAPI(memory)
        logging.getLogger("splink").setLevel(logging.ERROR)
        linker = Linker(
            [api.register(claims, table_name="a_claims"), api.register(persons, table_name="b_persons")],
            model,
            log_level=logging.ERROR,
            validate_settings=False,
        )
        return linker.inference.predict(threshold_match_probability=THRESHOLD).as_pandas_dataframe()


def _chance(memory: duckdb.DuckDBPyConnection, persons: pd.DataFrame) -> dict[str, list[float]]:
    """u: how often two different people of this registry read so, counted over pairs of them."""
    some = max(1, MOST_PAIRS_SAMPLED // len(persons))
    memory.register("everybody", persons)
    spread = "select * from everybody order by md5(unique_id) limit ?"
    names = ", ".join(f"l.{name} as {name}_l, r.{name} as {name}_r" for name in FEATURES)
    memory.execute(
        f"""create table chance as select {names} from ({spread}) as l
        inner join everybody as r on l.unique_id <> r.unique_id""",
        [some],
    )
    least = 1 / max(2, len(persons))  # a registry of so many people cannot tell a rarer chance
    figures = {}
    for name, states in LEVELS.items():
        branches = [f"when {condition} then {at}" for at, (condition, _) in enumerate(states) if condition != "else"]
        case = f"case when {UNKNOWN[name]} then -1 {' '.join(branches)} else {len(states) - 1} end"
        counts = dict(memory.execute(f"select {case} as level, count(*) from chance group by level").fetchall())
        total = sum(count for at, count in counts.items() if at >= 0)
        shares = [max(least, counts.get(at, 0) / total) if total else 1 / len(states) for at in range(len(states))]
        figures[name] = [min(share, 1 - least) for share in shares]
    memory.execute("drop table chance")
    memory.unregister("everybody")
    return figures


def _evidence(pair: Mapping[Any, Any]) -> str:
    """What agrees and what does not, best comparison first; Splink numbers levels from worst to best."""
    said = []
    for name, states in LEVELS.items():
        gamma = int(pair[f"gamma_{name}"])
        if gamma >= 0 and name not in ("is_head",):
            said.append(states[len(states) - 1 - gamma][1])
    return "、".join(said)


def merged(suggested: Sequence[Mapping[str, Any]], candidates: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Suggestions first, then the model's candidates that are not among them; one person of one household stands once."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for one in (*suggested, *candidates):
        key = (str(one["household_id"]), str(one["person_name"]), re.sub(r"^\*+", "", str(one["id_number"]))[-4:])
        found.setdefault(key, dict(one))
    return list(found.values())
