"""一百万个造出来的身份证号，逐个与 stdnum.cn.ric 对照：认可、不认可是否一致，不一致的各是哪一种、是否有意为之。

python benchmarks/identity_numbers.py [--count 1000000] [--seed 20240310]
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import stdnum.cn.ric

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from include.identity.numbers import CHECK_CHARACTERS, WEIGHTS, normalise_numbers

ON = date(2024, 3, 10)
PLACES = ("110105", "110108", "320102", "330106", "440106")  # the oracle knows them in every year from 1986 on
EVERY_YEAR, DAYS = date(1986, 1, 1), 14_000  # a few of them born after ON
OLDER, OLDER_SHARE = date(1925, 1, 1), 0.02
AT_ONCE = 50_000
MEANT = {
    "tail_lost": "以 000 结尾：像是按数字存放丢了末位，校验码碰巧相符也不收",
    "fifteen_digits": "15 位旧号码：升为 18 位并注明",
    "certificate": "20 位残疾人证号：取前 18 位并注明",
    "lower_x": "末位小写 x：改为大写并注明（对照库不区分大小写）",
    "future_birth_date": "出生日期晚于报送日期（本次按 2024-03-10）：不收",
    "place_history": "对照库按行政区划变更年份判断前六位；本系统只看省级代码，县区由地址另查",
}
"""Differences that are meant, and why."""


def with_check(first_17: str) -> str:
    """17 digits and the check character, computed here and not by what is being tested."""
    return first_17 + CHECK_CHARACTERS[sum(weight * int(digit) for weight, digit in zip(WEIGHTS, first_17, strict=True)) % 11]


def one(chance: random.Random) -> str:
    """A number as it comes: two in three sound, the others spoilt in one of the ways people spoil them."""
    born = (OLDER if chance.random() < OLDER_SHARE else EVERY_YEAR) + timedelta(days=chance.randrange(DAYS))
    number = with_check(f"{chance.choice(PLACES)}{born:%Y%m%d}{chance.randrange(1, 1000):03d}")
    at = chance.randrange(17)
    match chance.randrange(12):
        case 0:
            return number[:at] + str(chance.randrange(10)) + number[at + 1 :]
        case 1:
            return number[:at] + number[at + 1] + number[at] + number[at + 2 :]
        case 2:
            return number[:at] + number[at + 1 :]
        case 3:
            return with_check(f"{number[:10]}{chance.randrange(14):02d}{chance.randrange(33):02d}{number[14:17]}")
    return number


def difference(number: str, repair: str | None, error: str | None) -> str | None:
    """The key of MEANT that explains why we differ from the oracle; None when nothing does."""
    if error:
        return error if error in MEANT else None
    if repair:
        return repair if repair in MEANT else None
    try:
        stdnum.cn.ric.get_birth_place(number)
    except stdnum.exceptions.InvalidComponent:
        return "place_history"
    return None


def compare(count: int, seed: int) -> tuple[int, Counter[str], list[int]]:
    """How many agree, how often each meant difference occurs, and which (by place in the sequence) nothing explains."""
    chance = random.Random(seed)
    agreed, meant, unexplained = 0, Counter[str](), list[int]()
    for start in range(0, count, AT_ONCE):
        numbers = [one(chance) for _ in range(min(AT_ONCE, count - start))]
        ours = normalise_numbers(numbers, ON)
        for place, number in enumerate(numbers):
            if (ours.numbers[place] is not None) == stdnum.cn.ric.is_valid(number):
                agreed += 1
            elif why := difference(number, ours.repairs[place], ours.errors[place]):
                meant[why] += 1
            else:
                unexplained.append(start + place)
    return agreed, meant, unexplained


def main() -> int:
    """Exit code 1 when a difference is found that nothing explains."""
    options = argparse.ArgumentParser(description="身份证号校验对照")
    options.add_argument("--count", type=int, default=1_000_000)
    options.add_argument("--seed", type=int, default=20240310)
    given = options.parse_args()
    agreed, meant, unexplained = compare(given.count, given.seed)
    print(f"共 {given.count:,} 个号码，与 stdnum.cn.ric 一致 {agreed:,} 个，不一致 {given.count - agreed:,} 个")
    for key, count in meant.most_common():
        print(f"- {count:,} 个：{MEANT[key]}")
    print(f"- {len(unexplained):,} 个：无法解释" + (f"，序次 {unexplained[:10]}" if unexplained else ""))
    return 1 if unexplained else 0


if __name__ == "__main__":
    raise SystemExit(main())
