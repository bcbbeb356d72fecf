from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairplate.core.reads import Box, Character, PlateRead
from fairplate.reading import tracking
from fairplate.reading.tracking import Track, Tracker

WIDTH, HEIGHT = 100, 25


def read(
    text: str,
    frame: int,
    at: tuple[float, float] = (0, 0),
    confidence: float = 0.9,
    scale: float = 1.0,
) -> PlateRead:
    x, y = round(at[0]), round(at[1])
    return PlateRead(
        source="clip.mp4",
        plate=text,
        confidence=confidence,
        characters=tuple(Character(char, confidence) for char in text),
        box=Box(x, y, x + round(WIDTH * scale), y + round(HEIGHT * scale)),
        frame=frame,
    )


def track_all(frames: Sequence[Sequence[PlateRead]], fps: float = 10) -> list[Track]:
    """Run frames that stand 1/fps apart; return the tracks in order of their first read."""
    tracker = Tracker()
    ended: list[Track] = []
    for index, reads in enumerate(frames):
        ended += tracker.update(index, index / fps, [replace(r, frame=index) for r in reads])
    ended += tracker.finish()
    assert tracker.open_tracks == ()
    return sorted(ended, key=lambda track: track.number)


def texts(tracks: Sequence[Track]) -> list[list[str]]:
    return [[read.plate for read in track.reads] for track in tracks]


def test_a_car_that_drives_on_is_one_track() -> None:
    frames = [[read("AB123C", n, (12 * n, 3 * n), scale=1 + n / 20)] for n in range(20)]
    assert len(track_all(frames)) == 1


def test_a_fast_car_is_one_track_though_it_moves_many_plate_widths_a_frame() -> None:
    frames = [[read("AB123C", n, (400 * n, 0))] for n in range(4)]
    assert texts(track_all(frames)) == [["AB123C"] * 4]


def test_a_fast_car_may_be_misread_on_the_way() -> None:
    spelt = ["AB123C", "B123C", "AB123C", "AB123"]
    assert len(track_all([[read(text, n, (250 * n, 0))] for n, text in enumerate(spelt)])) == 1


def test_a_misread_in_place_stays_with_its_car_even_if_most_of_it_is_wrong() -> None:
    spelt = ["AB123C", "AB1Z3G", "AB123C"]
    assert len(track_all([[read(text, n, (5 * n, 0))] for n, text in enumerate(spelt)])) == 1
    weak = [read("AB123C", 0), read("QW9K", 1, (4, 1), confidence=0.4), read("AB123C", 2, (8, 2))]
    assert texts(track_all([[r] for r in weak])) == [["AB123C", "QW9K", "AB123C"]]


def test_doubted_junk_of_another_size_does_not_join_a_car() -> None:
    junk = [read("0100P0", 0, confidence=0.58, scale=5)]
    car = [[read("FP1038", n, (30 * n, 60), confidence=0.95)] for n in range(3)]
    assert texts(track_all([junk, *car])) == [["0100P0"], ["FP1038"] * 3]


def test_two_cars_close_together_stay_two() -> None:
    frames = [
        [read("AB123C", n, (10 * n, 0)), read("XY987Z", n, (10 * n + 60, 5))] for n in range(9)
    ]
    assert texts(track_all(frames)) == [["AB123C"] * 9, ["XY987Z"] * 9]


def test_two_cars_of_one_fleet_side_by_side_stay_two() -> None:
    frames = [
        [read("ABC1234", n, (0, 20 * n)), read("ABC1235", n, (300, 20 * n))] for n in range(9)
    ]
    assert texts(track_all(frames)) == [["ABC1234"] * 9, ["ABC1235"] * 9]


def test_two_cars_of_one_fleet_one_after_the_other_stay_two() -> None:
    first = [[read("ABC1234", n, (0, 40 * n))] for n in range(8)]
    second = [[read("ABC1235", n, (0, 40 * n))] for n in range(8)]
    assert texts(track_all(first + second)) == [["ABC1234"] * 8, ["ABC1235"] * 8]


def test_crossing_cars_keep_their_texts() -> None:
    frames = [
        [read("AB123C", n, (40 * n, 0)), read("XY987Z", n, (400 - 40 * n, 0))] for n in range(11)
    ]
    assert texts(track_all(frames)) == [["AB123C"] * 11, ["XY987Z"] * 11]


def test_unlike_texts_in_the_same_place_one_after_the_other_are_two() -> None:
    frames = [[read("AB123C", n)] for n in range(3)] + [[read("XY987Z", n)] for n in range(3)]
    assert texts(track_all(frames)) == [["AB123C"] * 3, ["XY987Z"] * 3]


def test_a_car_that_stops_stays_one_track() -> None:
    frames = [[read("AB123C", n, (12 * min(n, 5), 0))] for n in range(200)]
    assert len(track_all(frames)) == 1


def test_a_short_gap_is_bridged_and_a_long_one_is_not() -> None:
    seen = [[read("AB123C", 0)]]
    assert len(track_all(seen + [[]] * 20 + seen)) == 1
    assert len(track_all(seen + [[]] * 30 + seen)) == 2


def test_a_track_ends_once_the_gap_is_over_and_not_before() -> None:
    tracker = Tracker()
    assert tracker.update(0, 0.0, [read("AB123C", 0)]) == []
    assert tracker.update(1, 0.1, []) == []
    assert tracker.update(2, tracking.GAP_S, []) == []
    assert texts(tracker.update(3, tracking.GAP_S + 0.1, [])) == [["AB123C"]]
    assert tracker.finish() == []


def test_sparse_samples_do_not_make_a_waiting_car_new_each_time() -> None:
    assert len(track_all([[read("AB123C", n)] for n in range(5)], fps=0.2)) == 1


def test_one_plate_found_twice_in_a_frame_is_one_track() -> None:
    twice = [[read("AB123C", n, (9 * n, 0)), read("1AB123", n, (9 * n - 4, 1))] for n in range(5)]
    assert texts(track_all(twice)) == [["AB123C"] * 5]


def test_the_best_read_is_the_surest_of_the_text_that_weighs_most() -> None:
    reads = [
        read("AB123C", 0, confidence=0.7),
        read("AB123C", 1, confidence=0.9),
        read("AB123G", 2, confidence=0.95),
        read("AB123C", 3, confidence=0.8),
    ]
    (track,) = track_all([[r] for r in reads])
    assert (track.best.plate, track.best.frame) == ("AB123C", 1)


def test_a_long_wait_keeps_memory_bounded_and_counts_every_frame() -> None:
    count = tracking.MAX_READS * 3
    (track,) = track_all([[read("AB123C", n)] for n in range(count)])
    assert len(track.reads) == tracking.MAX_READS
    assert sum(r.frames for r in track.reads) == count


def test_the_number_of_tracks_is_bounded() -> None:
    tracker = Tracker()
    crowd = tracking.MAX_TRACKS + 10
    reads = [read(f"{n:03d}X{n:03d}", 0, (0, 60 * n), confidence=0.99) for n in range(crowd)]
    ended = tracker.update(0, 0.0, reads)
    assert len(ended) == 10
    assert len(tracker.open_tracks) == tracking.MAX_TRACKS


def test_a_read_of_another_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="another frame"):
        Tracker().update(4, 0.4, [read("AB123C", 3)])


places = st.tuples(st.integers(0, 1200), st.integers(0, 700))
plates = st.sampled_from(["AB123C", "AB123G", "XY987Z", "B123C", "KLM4567"])
some_reads = st.builds(read, plates, st.just(0), places, st.floats(0, 1), st.floats(0.5, 2))


@given(st.lists(st.lists(some_reads, max_size=4), max_size=8), st.sampled_from([0.3, 1, 5, 25]))
def test_a_track_has_one_read_a_frame_in_order_and_no_read_is_in_two(
    frames: list[list[PlateRead]], fps: float
) -> None:
    tracks = track_all(frames, fps)
    for track in tracks:
        indexes = [r.frame for r in track.reads]
        assert indexes == sorted(set(indexes))
        assert any(track.best is r for r in track.reads)
    total = sum(len(track.reads) for track in tracks)
    assert total <= sum(len(reads) for reads in frames)
    assert (total > 0) == any(frames)
