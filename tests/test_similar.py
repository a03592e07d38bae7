"""Finding texts that are largely the same."""

from training.similar import similar_groups, similar_pairs

LETTER = "我于去年三月在城东买了一套房子开发商至今没有交房多次协商没有结果请求帮助"


def test_copies_and_lightly_changed_repeats_are_found() -> None:
    """A prefix, changed numbers, punctuation; and a short text inside a longer one."""
    texts = [
        LETTER,
        "再次反映：" + LETTER.replace("三月", "四月"),
        "楼下烧烤摊每晚吵到两点，打了电话也没有人来管，老人孩子睡不着。",
        f"{LETTER}，另外物业费一年涨了两次，问了也不给说法，业主群里都在骂",
    ]
    pairs = {(pair.one, pair.other) for pair in similar_pairs(texts)}
    assert pairs == {(0, 1), (0, 3), (1, 3)}
    groups = similar_groups(texts)
    assert groups[0] == groups[1] == groups[3] != groups[2]


def test_customary_phrases_do_not_make_texts_similar() -> None:
    """Everybody greets and thanks."""
    texts = [
        f"尊敬的领导您好，{core}，特此反映，盼回复，谢谢领导，此致敬礼"
        for core in ("路灯坏了三天", "孩子没法落户口")
    ]
    assert similar_pairs(texts) == []


def test_template_used_for_many_rows_is_found() -> None:
    """Although each of its 4-grams stands in many rows."""
    texts = [f"第{n}段路面坑洼需要修补" for n in range(60)]
    assert len(set(similar_groups(texts))) == 1
