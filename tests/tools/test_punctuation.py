"""What the checker of Chinese punctuation repairs, and what it must leave as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.punctuation import ROOT, files, repair


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.md", "收件箱:放进来,几分钟后(通常三分钟)就有回执;行吗?", "收件箱：放进来，几分钟后（通常三分钟）就有回执；行吗？"),
        ("a.md", "见 [时限](docs/clocks.md),用 `status`(`--all`)看", "见 [时限](docs/clocks.md)，用 `status`（`--all`）看"),
        ("a.md", "只跨\n行(这样\n写)也改", "只跨\n行（这样\n写）也改"),
        ("a.md", "**决定**:改", "**决定**：改"),
        ("a.md", "```\nmake demo    # 装好环境,跑完\n收件(存档)\n```\n", "```\nmake demo    # 装好环境，跑完\n收件(存档)\n```\n"),
        ("a.py", 'say(f"文件“{name}”没有内容;请检查({size} 字节)")', 'say(f"文件“{name}”没有内容；请检查（{size} 字节）")'),
        ("a.py", 'say(f"{line}:第 {row} 行,不对")', 'say(f"{line}：第 {row} 行，不对")'),
        ("a.py", "x = 1  # 少于三行时,不退回\n", "x = 1  # 少于三行时，不退回\n"),
        ("a.sql", "select '身份待核:没有证号,不能确定' -- 见上(一)\n", "select '身份待核：没有证号，不能确定' -- 见上（一）\n"),
        ("seeds/a.csv", 'code,finding\na,"雷同:请核对"\nb,行少;请核对\n', 'code,finding\na,"雷同：请核对"\nb,行少；请核对\n'),
        ("a.yml", "description: 一人一行,金额为累计 # 见上(一)\n", "description: 一人一行，金额为累计 # 见上（一）\n"),
        (
            "a.yml",
            'expect:\n  rows: |\n    code,text\n    a,"雷同:请核对",提示\n',
            'expect:\n  rows: |\n    code,text\n    a,"雷同：请核对",提示\n',
        ),
        ("tests/a.py", 'assert "退回:请改" in read("名单(一)")', 'assert "退回：请改" in read("名单(一)")'),
    ],
)  # fmt: skip
def test_what_is_half_width_is_repaired_and_stays(name: str, text: str, expected: str) -> None:
    assert repair(Path(name), text) == expected
    assert repair(Path(name), expected) == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", 'head = "经济损失(元)"'),
        ("a.py", 'head = f"{column.label}({column.unit})"'),
        ("a.py", 'clause = "第二条(十一)"'),
        ("a.py", 'status = "监测对象(脱贫不稳定户)"'),
        ("a.py", 'found = re.compile("(平方米|公顷)")'),
        ("a.py", '_OTHER = "(平方米|公顷)"'),
        ("a.py", 'if text == "名单(一)" or text.startswith("表:名单"):\n    pass'),
        ("a.py", 'meaning = {"名单(一)": 1}\nmeaning["名单(一)"] = 2'),
        ("a.py", "formula = f'=AND({a}=\"否\",{b}=\"\")'"),
        ("a.py", '"""投递, 预警 or 疑点 (通知第二条) as an English docstring says it."""'),
        ("a.sql", "select 1 where x = '监测对象:甲' and y in ('脱贫户', '监测对象')"),
        ("a.sql", "-- rendered by `fangpin contracts render`; do not edit\nselect '一,二'\n"),
        ("a.yaml", "aliases: [身份证(件)号码, '户主(农户)']\n"),
        ("a.yml", "given:\n  rows: |\n    code,text\n    a,甲:乙\n"),
        ("seeds/a.csv", "code,clause\na,第二条(一)\n"),
        ("tests/a.py", 'write_xlsx("名单(一).xlsx", ("备注:无",))'),
        ("a.md", "<!-- rendered by `fangpin contracts render`; do not edit -->\n| 一,二 |\n<!-- end of what is rendered -->\n"),
    ],
)  # fmt: skip
def test_what_programs_read_is_left_alone(name: str, text: str) -> None:
    assert repair(Path(name), text) == text


def test_a_repair_changes_marks_and_nothing_else() -> None:
    """Over every file of the project: as long as before, and only the seven marks differ."""
    looked_at = list(files([ROOT]))
    assert {Path("README.md"), Path("dbt_project/seeds/rules.csv")} <= set(looked_at)
    for path in looked_at:
        text = (ROOT / path).read_text("utf-8")
        done = repair(path, text)
        assert len(done) == len(text) and {old + new for old, new in zip(text, done, strict=True) if old != new} <= {
            ",，", ";；", ":：", "?？", "!！", "(（", ")）",
        }, path  # fmt: skip
