import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairplate.core.plates import MAX_PLATE_LENGTH, PLATE_CHARACTERS
from fairplate.core.regions import EUROPEAN_COUNTRIES, REGIONS, region_covers
from fairplate.reading.syntaxes import KINDS, fits, syntaxes

EVERYWHERE = syntaxes(())
IN_TABLE = sorted({region for syntax in EVERYWHERE for region in syntax.regions})


def patterns(*codes: str) -> set[str]:
    return {syntax.pattern for syntax in syntaxes(codes)}


def regions(*codes: str) -> set[str]:
    return {region for syntax in syntaxes(codes) for region in syntax.regions}


# --- the table -----------------------------------------------------------------------------------


def test_the_table_knows_many_regions_and_only_real_ones() -> None:
    assert len(IN_TABLE) > 90
    assert set(IN_TABLE) <= REGIONS


@pytest.mark.parametrize("region", IN_TABLE)
def test_every_region_has_patterns_of_known_kinds_and_a_plates_length(region: str) -> None:
    assert patterns(region)
    for pattern in patterns(region):
        assert set(pattern) <= set(KINDS)
        assert 3 <= len(pattern) <= MAX_PLATE_LENGTH


@pytest.mark.parametrize(
    "codes", [(), ("us",), ("eu",), ("us", "ca", "mx"), *((r,) for r in sorted(REGIONS))]
)
def test_shares_of_a_set_leave_room_for_unknown_patterns(codes: tuple[str, ...]) -> None:
    found = syntaxes(codes)
    assert all(syntax.share > 0 for syntax in found)
    assert sum(syntax.share for syntax in found) < 1
    assert len({syntax.pattern for syntax in found}) == len(found)


def test_kinds_are_plate_characters() -> None:
    for members in KINDS.values():
        assert set(members) <= set(PLATE_CHARACTERS)
        assert len(set(members)) == len(members) > 0
    assert set(KINDS["A"]) == set(PLATE_CHARACTERS)


# --- what stands for what ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("lv", {"LLD", "LLDD", "LLDDD", "LLDDDD"}),
        ("ro", {"LDDLLL", "LDDDLLL", "LLDDLLL", "LLDDDLLL"}),
        ("es", {"DDDDccc"}),
        ("fr", {"LLDDDLL", "DDLLDD", "DDLLLDD", "DDDLLDD", "DDDLLLDD", "DDDDLLDD", "DDDDLLLDD"}),
        ("br", {"LLLDDDD", "LLLDLDD"}),
        ("us-az", {"LLLDDDD", "LLADALA"}),
    ],
)
def test_counts_are_written_out(region: str, expected: set[str]) -> None:
    assert patterns(region) == expected


@pytest.mark.parametrize(
    ("region", "plate"),
    [
        ("us-ny", "KDR4827"),
        ("us-ca", "7ABC123"),
        ("de", "MFP1038"),
        ("de", "BA1"),
        ("nl", "GZ614T"),
        ("gb", "LB21FKP"),
        ("br", "RFP4E18"),
        ("br", "AYO9034"),
        ("ro", "B471KLM"),
        ("es", "1234BCD"),
        ("pl", "WA56660"),
        ("at", "W12345A"),
        ("in", "MH12AB1234"),
    ],
)
def test_a_real_plate_fits_a_pattern_of_its_region(region: str, plate: str) -> None:
    assert any(fits(plate, pattern) for pattern in patterns(region))


# --- codes ---------------------------------------------------------------------------------------


def test_no_codes_are_everywhere() -> None:
    for region in IN_TABLE:
        assert patterns(region) <= patterns()


@pytest.mark.parametrize("region", sorted(EUROPEAN_COUNTRIES & set(IN_TABLE)))
def test_eu_covers_each_european_country(region: str) -> None:
    assert patterns(region) <= patterns("eu")
    assert region in regions("eu")


def test_eu_covers_nothing_else() -> None:
    assert regions("eu") <= EUROPEAN_COUNTRIES
    assert "DLLLDDD" in patterns("us-ca")
    assert regions("us-ca") == {"us-ca"}


def test_a_country_covers_its_states_and_a_province_takes_its_countrys() -> None:
    assert regions("us") == {region for region in IN_TABLE if region_covers("us", region)}
    assert len(regions("us")) >= 50
    assert patterns("ca-on") == patterns("ca")


def test_several_codes_add_up() -> None:
    assert patterns("de", "br") == patterns("de") | patterns("br")
    assert regions("de", "br") == {"de", "br"}


@pytest.mark.parametrize("code", ["jp", "us-pr", "va"])
def test_a_region_without_a_line_has_no_patterns(code: str) -> None:
    assert code in REGIONS
    assert syntaxes((code,)) == ()
    assert patterns(code, "de") == patterns("de")


def test_a_pattern_of_several_regions_is_one_with_the_shares_added() -> None:
    (shared,) = (s for s in syntaxes(("fr", "it")) if s.pattern == "LLDDDLL")
    assert shared.regions == {"fr", "it"}
    rest = [s.share for s in syntaxes(("fr", "it")) if s is not shared]
    assert shared.share > max(rest)


def test_a_regions_first_pattern_is_the_commonest() -> None:
    first, second = syntaxes(("br",))
    assert (first.pattern, second.pattern) == ("LLLDDDD", "LLLDLDD")
    assert first.share > second.share


# --- fits ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_kind_fits_exactly_its_members(kind: str) -> None:
    assert {c for c in PLATE_CHARACTERS if fits(c, kind)} == set(KINDS[kind])


def test_letters_digits_and_the_restricted_kinds() -> None:
    assert fits("A", "L")
    assert not fits("4", "L")
    assert fits("4", "D")
    assert not fits("A", "D")
    for kind in "cnp":
        assert set(KINDS[kind]) < set(KINDS["L"])
    assert not fits("A", "c")
    assert not fits("O", "p")


@pytest.mark.parametrize("plate", ["", "AB12", "AB1234", "AB1A3", "A1123", "ab123"])
def test_another_length_or_kind_does_not_fit(plate: str) -> None:
    assert fits("AB123", "LLDDD")
    assert not fits(plate, "LLDDD")


@given(st.data())
def test_what_a_pattern_allows_fits_it(data: st.DataObject) -> None:
    pattern = data.draw(st.sampled_from(sorted(patterns())))
    plate = "".join(data.draw(st.sampled_from(KINDS[kind])) for kind in pattern)
    assert fits(plate, pattern)
    assert not fits(plate + "A", pattern)
    assert not fits(plate[:-1], pattern)
