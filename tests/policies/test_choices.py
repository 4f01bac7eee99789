"""The table and the plain words of an office's own file: laid over the shipped ones, mistakes named with their line."""

from pathlib import Path

import pytest

from bot.policies.loading import PolicyInvalid, load
from bot.rules.tickets.policies.choosing import PolicyChoice, choose
from bot.rules.tickets.policies.naming import find_policy, name_key
from storage.records import Policy
from tests.policies.test_policies import GOOD, written
from tests.rules.tickets.policies.test_choosing import ticket

ROW = '\n[[choices]]\nproblem_class = ["错别字"]\nseverity = ["严重"]\npolicy = "ours"\n'
WORD = '\n[names]\n"两日件" = "ours"\n'


def test_the_offices_own_rows_come_before_the_shipped_ones(tmp_path: Path) -> None:
    own = '\n[[choices]]\nproblem_class = ["暗链"]\npolicy = "veto_now"\n'
    own += '\n[[choices]]\nseverity = ["单项否决"]\npolicy = "ours"\n'
    book = load(written(tmp_path, GOOD + own)).book
    chosen = [choose(ticket(*said), book) for said in (("暗链", ""), ("", "单项否决"), ("篡改", ""), ("错别字", ""))]
    assert [one.policy.name for one in chosen if isinstance(one, PolicyChoice)] == [
        "veto_now", "ours", "veto_now", "monitor_1wd",
    ]  # fmt: skip


def test_the_offices_own_words_take_the_place_of_shipped_ones(tmp_path: Path) -> None:
    book = load(written(tmp_path, GOOD + WORD + '"立即 处置" = "ours"\n')).book
    meant = [find_policy(word, book) for word in ("两日件", "立即处置", "特急", "本市规则")]
    assert [one.name for one in meant if isinstance(one, Policy)] == ["ours", "ours", "veto_now", "ours"]


def test_the_shipped_words_are_names_of_nothing_else() -> None:
    book = load().book
    titles = [name_key(text) for name, policy in book.policies.items() for text in (name, policy.title)]
    assert len(set(titles)) == len(titles)
    assert not {name_key(word) for word in book.words} & set(titles)
    assert all(isinstance(find_policy(word, book), Policy) for word in book.words)


TWICE = '\n[[choices]]\nproblem_class = ["标题错别字"]\nseverity = ["严重"]\npolicy = "veto_now"\n'

MISTAKES = [
    ('policy = "ours"', 'policy = "their"', "policy =", "choices.policy：没有名为“their”的策略，可写：monitor_1wd、"),
    ('policy = "ours"', 'policy = "本市规则"', "policy =", "没有名为“本市规则”的策略，应写ours"),
    ('policy = "ours"\n', "", "[[choices]]", "choices.policy：请写策略的名称，可写："),
    ('severity = ["严重"]', 'severity = "严重"', "severity", 'severity：请写成 ["泄密", "篡改"] 这样的一个或几个词'),
    ('severity = ["严重"]', "severity = []", "severity", "choices.severity：请写成"),
    ('severity = ["严重"]', 'severity = ["-"]', "severity", "choices.severity：“-”不是一个词"),
    ('severity = ["严重"]', "severity = [3]", "severity", "choices.severity：“3”不是一个词"),
    (
        'severity = ["严重"]',
        'level = ["严重"]',
        "level",
        "choices.level：没有这个键，应为 problem_class、severity、policy",
    ),
    (ROW, '\n[[choices]]\npolicy = "ours"\n', "[[choices]]", "至少写一项，否则所有工单都按这一条"),
    (ROW, ROW + TWICE, "[[choices]]", "前面第1条已包含这一条，永远轮不到；请删去，或移到第1条之前"),
    (ROW, "\n[choices]\nseverity = 3\n", "", "choices：写成一段或几段 [[choices]]"),
    (WORD, '\n[names]\n"两日件" = "their"\n', '"两日件"', "names.两日件：没有名为“their”的策略"),
    (WORD, '\n[names]\n"监测工单" = "ours"\n', '"监测工单"', "“监测工单”已是策略 monitor_1wd 的名称"),
    (WORD, WORD + '"两 日 件" = "ours"\n', '"两 日 件"', "names.两 日 件：与“两日件”是同一个名称"),
    (WORD, '\n[names]\n"-" = "ours"\n', '"-"', "names.-：名称里要有文字"),
    (GOOD, "names = 3\n" + GOOD.lstrip(), "names = 3", "names：写成一段 [names]"),
]


@pytest.mark.parametrize(("right", "wrong", "at", "said"), MISTAKES)
def test_a_mistake_names_line_and_fix(tmp_path: Path, right: str, wrong: str, at: str, said: str) -> None:
    text = GOOD + ROW + ("" if wrong.startswith("names = 3") else WORD)
    assert right in text
    text = text.replace(right, wrong, 1)
    with pytest.raises(PolicyInvalid) as refused:
        load(written(tmp_path, text))
    assert said in str(refused.value)
    assert text.splitlines()[refused.value.line - 1].startswith(at)
