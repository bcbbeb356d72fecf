"""The relation of look-alikes over all 36 x 36 pairs."""

import itertools

from fairplate.core.plates import PLATE_CHARACTERS
from fairplate.hotlists.confusions import (
    LOOK_ALIKE,
    LOOK_ALIKE_PRIOR,
    SAME_GLYPH_PRIOR,
    characters_like,
    confusion_prior,
    look_alike,
    share_a_glyph,
)

PAIRS = list(itertools.product(PLATE_CHARACTERS, repeat=2))


def test_it_is_symmetrical_and_no_character_is_its_own_look_alike() -> None:
    for a, b in PAIRS:
        assert look_alike(a, b) is look_alike(b, a)
        assert (a in characters_like(b)) is look_alike(a, b)
        assert confusion_prior(a, b) == confusion_prior(b, a)
        assert share_a_glyph(a, b) <= look_alike(a, b)
    assert not any(look_alike(c, c) for c in PLATE_CHARACTERS)


def test_a_pair_looks_alike_exactly_if_a_group_holds_both() -> None:
    for a, b in PAIRS:
        together = a != b and any(a in group and b in group for group in LOOK_ALIKE)
        assert look_alike(a, b) is together, (a, b)


def test_it_holds_the_folds_of_utmc() -> None:
    for group in ("D0QO", "1I", "5S", "8B3", "Z2"):
        assert all(look_alike(a, b) for a, b in itertools.permutations(group, 2))


def test_it_is_not_transitive() -> None:
    assert look_alike("I", "1")
    assert look_alike("1", "7")
    assert not look_alike("I", "7")


def test_priors() -> None:
    assert confusion_prior("0", "O") == confusion_prior("1", "I") == SAME_GLYPH_PRIOR
    assert confusion_prior("8", "B") == LOOK_ALIKE_PRIOR
    assert confusion_prior("A", "X") == 0.0
