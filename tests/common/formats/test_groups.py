from common.formats.groups import connected_groups, group_names, group_text


def test_groups_as_a_shard_holds_them() -> None:
    text = group_text(["b\nc", "a", "a", " "])
    assert text == "a\nb c" and group_names(text) == ("a", "b c") and group_names(group_text([])) == ()


def test_rows_are_connected_by_what_they_share() -> None:
    rows = [["anna", "v1"], ["boris"], ["v1", "v2"], [], ["clara", "v2"], [], ["boris"]]
    assert connected_groups(rows).tolist() == [0, 1, 0, 2, 0, 3, 1]
    assert connected_groups([]).tolist() == []
    assert connected_groups([[], []]).tolist() == [0, 1]
