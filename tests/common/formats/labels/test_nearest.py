from common.formats.labels.nearest import nearest


def test_the_name_that_reads_alike() -> None:
    names = [f"person_{index:04d}/{k}.jpg" for index in range(500) for k in range(3)]
    assert nearest("persn_0417/2.jpg", names) == "person_0417/2.jpg"
    assert nearest("person_0417/2.jpeg", names) == "person_0417/2.jpg"
    assert nearest("anna/1.jpg", ["zoe/x.png", "Anna/1.jpg"]) == "Anna/1.jpg"


def test_nothing_alike_is_nothing() -> None:
    assert nearest("anna/1.jpg", []) is None and nearest("anna", ["1234567"]) is None


def test_long_names_are_compared_by_their_ends() -> None:
    name = "d/" * 3000 + "anna.jpg"
    assert nearest(name, [name + "x", "boris.jpg"]) == name + "x"
