"""Writes docs/push.md from the interface's own OpenAPI description and the contracts: ``python -m include.portal.push_page``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from include.contracts import Column, Contract, load_contracts
from include.portal.curl import ask_line, correct_line, send_line
from include.portal.push_api import create_app
from include.reports.example_row import example_value
from include.reports.labels import COLUMNS
from include.reports.requirements import head_of, requirement
from include.site import PROJECT

PAGE = PROJECT / "docs" / "push.md"
EXAMPLE_FEED = "petition__case"
WORDS = {
    **COLUMNS, "rows": COLUMNS["row_count"], "accepted": COLUMNS["accepted_count"], "rejected": COLUMNS["rejected_count"],
    "duplicate": COLUMNS["duplicate_count"], "row": COLUMNS["row_number"], "sha256": "内容的哈希（SHA-256）", "column": "栏目",
    "decided_at": "有结果的时间",
}  # fmt: skip
"""What a field of the receipt is called where its description does not say it."""
TYPES = {
    "string": "文字", "integer": "整数", "number": "数字", "boolean": "是或否", "array": "列表", "null": "空",
    "date-time": "时间",
}  # fmt: skip
RECEIPT, METHODS = "Receipt", ("post", "get")

BEFORE = """# 给推送数据的程序

<!-- 本页由接口的 OpenAPI 描述和数据契约生成（python -m include.portal.push_page）；
请改那里，不要直接改本页 -->

部门的系统可以不经文件夹，直接把数据推过来，当场得到回执。地址和令牌向县乡村振兴局数据组领取（`fangpin token <部门>`）；
令牌只显示一次，换新后旧的作废。机器可读的描述在 `<地址>/openapi.json`，不要令牌。

## 三行试通

```sh
export FANGPIN_PUSH=<地址>  FANGPIN_TOKEN=<令牌>
# 1. 推送：JSON 行
{send}
# 2. 问回执：delivery_id 在上一行的应答里
{ask}
# 3. 更正：改好的再推一次，这里是一个文件；JSON 也可以
{correct}
```

`rows.json` 是对象的列表，一个对象一行，键用下面“各种数据的栏目”里的中文名或英文名，次序不限：

```json
{rows}
```

也可以写成 `{{"title": "2024年3月…", "rows": […]}}`：标题里可以写明所属期；不写的，按期次栏或收到的日子算。
空的列表 `[]` 就是零报告。

- **同样的内容再推一次**不会重复：应答 200，回执相同。没收到应答就原样再推，不会多出一份。
- **更正**：只推改了的行，或整份再推。行的键相同的，以后收到的为准；没变的行算重复，不再入库。
- **退回的行**：在回执的 `rejected_rows` 里，`row` 是推送的第几个对象（文件则是第几行）。改好后再推这些行。
- 号码一律用字符串（`"3418…"`），不要用 JSON 的数字：15 位以后会丢。金额用数字，单位见栏目名。
- 收到与入库是两步：应答时 `status` 多为 `received`，几分钟后用第 2 行再问，就有入库的结果。

"""


def page() -> str:
    """The page as it should stand in docs/."""
    described = create_app().openapi()
    example = next(contract for contract in load_contracts() if contract.feed == EXAMPLE_FEED)
    lines = {"send": send_line(EXAMPLE_FEED), "ask": ask_line(), "correct": correct_line(EXAMPLE_FEED)}
    parts = [BEFORE.format(rows=_example_rows(example), **lines)]
    for path, operations in described["paths"].items():
        for method in METHODS:
            if method in operations:
                parts += _operation(path, method, operations[method])
    parts += ["## 回执\n\n", *_fields(described, RECEIPT)]
    parts += ["## 各种数据的栏目\n\n地址里的 `{feed}` 是下面括号里的名字。带 * 的必填。\n\n"]
    for contract in load_contracts():
        parts += _columns(contract)
    return "".join(parts).rstrip("\n") + "\n"


def _example_rows(contract: Contract) -> str:
    row = {head_of(column): example_value(contract, column, "旌阳镇", "南门居委会") for column in contract.columns}
    return json.dumps([row], ensure_ascii=False, indent=2, default=str)


def _operation(path: str, method: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"## {method.upper()} {path}\n\n{operation['summary']}。\n\n"
    if body := operation.get("requestBody"):
        yield "内容可以是：" + "、".join(f"`{kind}`" for kind in body["content"]) + "。"
        yield "文件的名字可以用 `?filename=` 给出。\n\n" if _takes(operation, "filename") else "\n\n"
    yield "| 应答 | 意思 |\n|---|---|\n"
    words = {"Successful Response": "收到了，应答是回执" if method == "post" else "回执", "Validation Error": "地址的写法不对"}
    for status, response in sorted(operation["responses"].items()):
        yield f"| {status} | {words.get(response['description'], response['description'])} |\n"
    yield "\n应答不是 2xx 时，`detail` 说明缺什么、怎样办。\n\n"


def _takes(operation: dict[str, Any], name: str) -> bool:
    return any(parameter["name"] == name for parameter in operation.get("parameters", []))


def _fields(described: dict[str, Any], name: str) -> Iterator[str]:
    """A table of one schema's fields, then one of each schema it holds."""
    schemas, todo = described["components"]["schemas"], [name]
    for current in todo:
        if current != name:
            yield f"`{current}`：\n\n"
        yield "| 字段 | 种类 | 说明 |\n|---|---|---|\n"
        for field, schema in schemas[current]["properties"].items():
            inner = [text.rpartition("/")[2] for text in _references(schema)]
            todo += [text for text in inner if text not in todo]
            said = schema.get("description") or WORDS.get(field, "")
            yield f"| `{field}` | {_type(schema)} | {said.replace(';', '；')} |\n"
        yield "\n"


def _references(schema: dict[str, Any]) -> list[str]:
    held = [schema, schema.get("items", {}), *schema.get("anyOf", [])]
    return [each["$ref"] for each in held if "$ref" in each]


def _type(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return "或".join(_type(each) for each in schema["anyOf"])
    inner = [text.rpartition("/")[2] for text in _references(schema)]
    kind = TYPES.get(schema.get("format", "")) or TYPES.get(schema.get("type", ""), "对象")
    return f"{kind}（`{inner[0]}`）" if inner else kind


def _columns(contract: Contract) -> Iterator[str]:
    yield f"### {contract.title}（`{contract.feed}`）\n\n{contract.department_name}，{contract.due}；{contract.one_row}。\n\n"
    yield "| 中文名 | 英文名 | 要求 |\n|---|---|---|\n"
    for column in contract.columns:
        yield f"| {head_of(column)}{'*' if column.required else ''} | `{column.name}` | {_wanted(column)} |\n"
    yield "\n"


def _wanted(column: Column) -> str:
    """What a column wants of a program, which knows no cells."""
    return requirement(column).replace("，单元格设为文本", "，用字符串")


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
