from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from fairplate.core.errors import SourceError
from fairplate.core.reads import Box, Character, PlateRead
from fairplate.reading.engine import Area, Frame, Image, Transcript
from fairplate.reading.pipeline import NOISE_BELOW_CONFIDENCE, Sighting, read_clip, read_pictures

Seen = tuple[str, float, int]  # text, confidence, x


class ScriptedEngine:
    """Says for each frame index what the script has for it."""

    name = "scripted"

    def __init__(self, script: dict[int, Sequence[Seen]]) -> None:
        self.script = script

    def locate(self, image: Image) -> Sequence[Area]:
        raise NotImplementedError

    def transcribe(self, image: Image, area: Area) -> Transcript | None:
        raise NotImplementedError

    def read(self, frame: Frame) -> list[PlateRead]:
        return [
            PlateRead(
                source=frame.source,
                plate=text,
                confidence=confidence,
                characters=tuple(Character(char, confidence) for char in text),
                box=Box(x, 10, x + 100, 35),
                frame=frame.index,
                time_s=frame.time_s,
            )
            for text, confidence, x in self.script.get(frame.index, ())
        ]


def frames(count: int, fps: float = 10) -> Iterator[Frame]:
    image = np.zeros((4, 4, 3), np.uint8)
    for index in range(count):
        yield Frame(image, "clip.mp4", index, index / fps)


def dying_frames(count: int, error: BaseException) -> Iterator[Frame]:
    yield from frames(count)
    raise error


def said(sightings: Sequence[Sighting]) -> list[tuple[str, int]]:
    return [(s.read.plate, s.read.frames) for s in sightings]


def test_pictures_stand_each_on_their_own() -> None:
    engine = ScriptedEngine(
        {0: [("AB123C", 0.9, 0), ("XY987Z", 0.2, 300)], 1: [("AB123C", 0.9, 0)]}
    )
    sightings = list(read_pictures(frames(2), engine))
    assert said(sightings) == [("AB123C", 1), ("XY987Z", 1), ("AB123C", 1)]
    assert [s.frame.index for s in sightings] == [0, 0, 1]


def test_a_clip_yields_each_car_once_with_the_frames_that_agree() -> None:
    engine = ScriptedEngine(
        {
            0: [("AB123C", 0.8, 0)],
            1: [("A8123C", 0.7, 20), ("XY987Z", 0.9, 600)],
            2: [("AB123C", 0.95, 40), ("XY987Z", 0.9, 580)],
            3: [("AB123C", 0.9, 60)],
        }
    )
    sightings = list(read_clip(frames(6), engine))
    assert said(sightings) == [("AB123C", 3), ("XY987Z", 2)]
    assert sightings[0].frame.index == 2


def test_the_box_lies_in_the_frame_that_comes_with_it() -> None:
    engine = ScriptedEngine({n: [("AB123C", 0.5 + n / 20, 15 * n)] for n in range(8)})
    (sighting,) = read_clip(frames(8), engine)
    assert sighting.frame.index == sighting.read.frame == 7
    assert sighting.read.time_s == sighting.frame.time_s
    assert sighting.read.box.x1 == 15 * 7


def test_a_car_is_yielded_while_the_clip_still_runs() -> None:
    taken: list[int] = []

    def watched() -> Iterator[Frame]:
        for frame in frames(1000):
            taken.append(frame.index)
            yield frame

    engine = ScriptedEngine({0: [("AB123C", 0.9, 0)], 1: [("AB123C", 0.9, 10)]})
    assert next(read_clip(watched(), engine)).read.plate == "AB123C"
    assert taken[-1] < 40


@pytest.mark.parametrize(
    "error",
    [
        SourceError("rtsp://camera", "stream", expected="more frames", found="its end"),
        KeyboardInterrupt(),
    ],
)
def test_what_was_read_is_not_lost_when_the_source_dies(error: BaseException) -> None:
    engine = ScriptedEngine({n: [("AB123C", 0.9, 10 * n)] for n in range(5)})
    sightings: list[Sighting] = []
    with pytest.raises(type(error)) as caught:
        sightings.extend(read_clip(dying_frames(3, error), engine))
    assert caught.value is error
    assert said(sightings) == [("AB123C", 3)]


def test_what_was_read_is_not_lost_when_the_engine_fails() -> None:
    class FailingEngine(ScriptedEngine):
        def read(self, frame: Frame) -> list[PlateRead]:
            if frame.index == 2:
                raise MemoryError
            return super().read(frame)

    sightings: list[Sighting] = []
    engine = FailingEngine({n: [("AB123C", 0.9, 10 * n)] for n in range(5)})
    with pytest.raises(MemoryError):
        sightings.extend(read_clip(frames(5), engine))
    assert said(sightings) == [("AB123C", 2)]


def test_a_text_seen_once_is_kept_if_sure_and_dropped_if_the_engine_doubts_it() -> None:
    sure, doubted = NOISE_BELOW_CONFIDENCE, NOISE_BELOW_CONFIDENCE - 0.01
    engine = ScriptedEngine({0: [("AB123C", sure, 0), ("XY987Z", doubted, 600)]})
    assert said(list(read_clip(frames(3), engine))) == [("AB123C", 1)]


def test_a_doubted_text_that_comes_again_is_kept() -> None:
    engine = ScriptedEngine({n: [("AB123C", 0.3, 10 * n)] for n in range(2)})
    assert said(list(read_clip(frames(3), engine))) == [("AB123C", 2)]


def test_doubted_reads_that_disagree_are_kept_as_one_frame() -> None:
    engine = ScriptedEngine({0: [("AB123C", 0.4, 0)], 1: [("A8123C", 0.4, 10)]})
    ((_, count),) = said(list(read_clip(frames(3), engine)))
    assert count == 1


def test_only_one_frame_is_kept_for_each_car_in_view() -> None:
    alive: list[int] = []

    class CountedImage(np.ndarray):
        def __del__(self) -> None:
            alive.pop()

    def counted() -> Iterator[Frame]:
        for frame in frames(50):
            alive.append(1)
            yield Frame(frame.image.view(CountedImage), frame.source, frame.index, frame.time_s)

    engine = ScriptedEngine({n: [("AB123C", 0.9, 0), ("XY987Z", 0.9, 600)] for n in range(50)})
    most = 0
    for sighting in read_clip(counted(), engine):
        most = max(most, len(alive))
        assert sighting.frame.image.shape == (4, 4, 3)
    assert 0 < most <= 4


def test_a_clip_without_frames_yields_nothing() -> None:
    assert list(read_clip(iter(()), ScriptedEngine({}))) == []


class Wanted:
    """Wants some plates, once enough frames agree on one."""

    def __init__(self, *plates: str, frames: int = 2) -> None:
        self.plates, self.frames = frozenset(plates), frames
        self.voted = 0

    def may_concern(self, read: PlateRead) -> bool:
        return read.plate in self.plates

    def is_enough(self, sighting: Sighting) -> bool:
        self.voted += 1
        return sighting.read.frames >= self.frames


def test_a_vehicle_that_matters_is_yielded_while_in_view_and_once() -> None:
    script = {index: [("AB123C", 0.9, 0), ("XY987Z", 0.9, 300)] for index in range(8)}
    taken = []

    def counted() -> Iterator[Frame]:
        for frame in frames(8):
            taken.append(frame.index)
            yield frame

    sightings = read_clip(counted(), ScriptedEngine(script), Wanted("AB123C", frames=3))
    first = next(sightings)
    assert (first.read.plate, first.read.frames, taken) == ("AB123C", 3, [0, 1, 2])
    assert said(list(sightings)) == [("XY987Z", 8)]


def test_a_vehicle_is_yielded_again_if_its_text_is_another_in_the_end() -> None:
    early: dict[int, Sequence[Seen]] = {index: [("AB123C", 0.5, 0)] for index in range(2)}
    late: dict[int, Sequence[Seen]] = {index: [("AB1Z3C", 0.99, 0)] for index in range(2, 9)}
    found = said(list(read_clip(frames(9), ScriptedEngine(early | late), Wanted("AB123C"))))
    assert found == [("AB123C", 2), ("AB1Z3C", 7)]


def test_no_vote_is_taken_on_what_does_not_matter() -> None:
    script = {index: [("AB123C", 0.9, 0)] for index in range(5)}
    urgency = Wanted("XY987Z")
    assert said(list(read_clip(frames(5), ScriptedEngine(script), urgency))) == [("AB123C", 5)]
    assert urgency.voted == 0


def test_a_text_that_turns_into_another_listed_one_does_not_wait_for_the_end() -> None:
    early: dict[int, Sequence[Seen]] = {index: [("AB123C", 0.5, 0)] for index in range(3)}
    late: dict[int, Sequence[Seen]] = {index: [("AB1Z3C", 0.99, 0)] for index in range(3, 40)}
    taken = []

    def counted() -> Iterator[Frame]:
        for frame in frames(40):
            taken.append(frame.index)
            yield frame

    sightings = read_clip(counted(), ScriptedEngine(early | late), Wanted("AB123C", "AB1Z3C"))
    assert (next(sightings).read.plate, len(taken)) == ("AB123C", 2)
    assert next(sightings).read.plate == "AB1Z3C"
    assert len(taken) < 20
    assert list(sightings) == []


def test_a_vehicle_that_stands_there_for_long_is_not_voted_on_in_every_frame() -> None:
    script = {index: [("AB123C", 0.9, 0)] for index in range(200)}
    urgency = Wanted("AB123C", frames=10_000)
    assert said(list(read_clip(frames(200), ScriptedEngine(script), urgency))) == [("AB123C", 200)]
    assert 10 < urgency.voted < 40


def test_what_is_shown_of_a_vehicle_that_stands_there_is_not_old() -> None:
    script: dict[int, Sequence[Seen]] = {index: [("AB123C", 0.9, 0)] for index in range(700)}
    script[3] = [("AB123C", 0.99, 0)]
    script[695] = [("AB1Z3C", 0.6, 0)]
    for urgency, first, last in ((Wanted("none"), 600, 699), (None, 3, 3)):
        (shown,) = read_clip(frames(700), ScriptedEngine(script), urgency)
        assert shown.read.plate == "AB123C"
        assert first <= shown.frame.index <= last
        assert (shown.read.frame, shown.read.time_s) == (shown.frame.index, shown.frame.time_s)


def test_a_vehicle_that_is_listed_only_after_it_parked_is_yielded_then() -> None:
    script = {index: [("AB123C", 0.9, 0)] for index in range(400)}
    urgency = Wanted()
    taken = []

    def counted() -> Iterator[Frame]:
        for frame in frames(400):
            taken.append(frame.index)
            if frame.index == 350:
                urgency.plates = frozenset({"AB123C"})
            yield frame

    sighting = next(read_clip(counted(), ScriptedEngine(script), urgency))
    assert taken[-1] == 350
    assert sighting.frame.time_s > 0


def test_each_sighting_tells_of_the_other_plates_in_its_frame() -> None:
    script = {index: [("AB123C", 0.9, 0), ("XY987Z", 0.9, 300)] for index in range(2)}
    for read in (read_clip, read_pictures):
        for sighting in read(frames(2), ScriptedEngine(script)):
            (other,) = sighting.others
            assert {other.x1, sighting.read.box.x1} == {0, 300}
