"""Every vendor's parser with payloads of its own: what is a read, and what is none."""

import json
from datetime import UTC, datetime

import pytest
from tests.ingest.payloads import ANPR, EVENT, GROUP, PUSH, SAMPLES, Sample, jpeg, multipart

from fairplate.core.errors import InputError
from fairplate.ingest.limits import MAX_READS
from fairplate.ingest.understanding import understand
from fairplate.ingest.vendor import (
    Doubt,
    Kind,
    LocalTime,
    Payload,
    PayloadError,
    Understood,
    VendorRead,
)
from fairplate.ingest.vendors import VENDORS

IDS = [f"{sample.vendor}-{at}" for at, sample in enumerate(SAMPLES)]


def parse(vendor: str, value: object) -> Understood:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return understand(vendor, Payload(body))


def only(vendor: str, value: object) -> VendorRead:
    (read,) = parse(vendor, value).reads
    return read


def test_every_vendor_has_a_payload() -> None:
    assert {sample.vendor for sample in SAMPLES} == set(VENDORS)


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_plates_and_confidences(sample: Sample) -> None:
    reads = understand(sample.vendor, sample.payload).reads
    assert tuple(read.plate for read in reads) == sample.plates
    if sample.confidences:
        assert tuple(read.confidence for read in reads) == pytest.approx(sample.confidences)


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_no_plate_is_shown_by_accident(sample: Sample) -> None:
    understood = understand(sample.vendor, sample.payload)
    shown = repr(understood) + repr(sample.payload)
    assert not [plate for plate in sample.plates if plate and f"'{plate}'" in shown]


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_the_order_and_case_of_names_do_not_matter(sample: Sample) -> None:
    if not sample.body.startswith(b"{"):
        return
    try:
        value = json.loads(sample.body)
    except ValueError:
        return  # a template with single backslashes

    def shuffle(one: object) -> object:
        if isinstance(one, dict):
            return {key.upper(): shuffle(item) for key, item in reversed(one.items())}
        return [shuffle(item) for item in one] if isinstance(one, list) else one

    found = parse(sample.vendor, shuffle(value)).reads
    assert tuple(read.plate for read in found) == sample.plates


@pytest.mark.parametrize(
    ("vendor", "body", "kind"),
    [
        ("openalpr", {"data_type": "heartbeat"}, Kind.HEARTBEAT),
        ("openalpr", {"data_type": "alpr_results", "results": []}, Kind.NO_PLATE),
        ("openalpr", {"data_type": "vehicle"}, Kind.OTHER_EVENT),
        ("platerecognizer", {"data": {"results": []}}, Kind.NO_PLATE),
        ("platerecognizer", {"hook": {}}, Kind.OTHER_EVENT),
        ("hikvision", b"<E><eventType>videoloss</eventType></E>", Kind.OTHER_EVENT),
        (
            "hikvision",
            b"<EventNotificationAlert><eventType>videoloss</eventType></EventNotificationAlert>",
            Kind.HEARTBEAT,
        ),
        (
            "hikvision",
            b"<EventNotificationAlert><eventType>IO</eventType></EventNotificationAlert>",
            Kind.OTHER_EVENT,
        ),
        ("hikvision", b"<Plates/>", Kind.NO_PLATE),
        ("dahua", b"Heartbeat\r\n", Kind.HEARTBEAT),
        ("dahua", {"Active": "keepAlive"}, Kind.HEARTBEAT),
        ("dahua", b"Events[0].Code=VideoMotion", Kind.OTHER_EVENT),
        ("dahua", b"<MetadataStream><Frame/></MetadataStream>", Kind.NO_PLATE),
        ("axis", b"{'ALPV': {'device_ID': None}}", Kind.HEARTBEAT),
        ("axis", {"something": "else"}, Kind.OTHER_EVENT),
        ("axis", b"<events/>", Kind.NO_PLATE),
        ("frigate", b"online", Kind.HEARTBEAT),
        ("frigate", {"type": "new", "after": {"label": "dog"}}, Kind.OTHER_EVENT),
        ("frigate", {"type": "description", "id": "x"}, Kind.OTHER_EVENT),
        ("genetec", {"Hello": 1}, Kind.OTHER_EVENT),
        ("survision", {"keepAlive": {}}, Kind.HEARTBEAT),
        ("survision", {"anpr": {"@date": "1"}}, Kind.NO_PLATE),
        ("tattile", b"<Msg><KEEPALIVE/></Msg>", Kind.HEARTBEAT),
        ("milesight", {"device": "d"}, Kind.OTHER_EVENT),
        ("lilin", {"LPR_COUNT": 0, "INFORMATION": []}, Kind.NO_PLATE),
        ("lilin", b"MotionDetect=0\nLPR0=,ACT_PARAM0=", Kind.NO_PLATE),
        ("lilin", b"MotionDetect=0", Kind.OTHER_EVENT),
        ("unifi", {"alarm": {"triggers": [{"key": "motion"}]}}, Kind.OTHER_EVENT),
        ("homeassistant", {"results": []}, Kind.NO_PLATE),
        ("homeassistant", {"event_type": "call_service", "data": {}}, Kind.OTHER_EVENT),
        ("homeassistant", b"No license plates found.", Kind.NO_PLATE),
        ("onvif", b"<MetadataStream><Frame/></MetadataStream>", Kind.NO_PLATE),
        ("onvif", b"<other/>", Kind.OTHER_EVENT),
        ("blueiris", {"camera": "c"}, Kind.OTHER_EVENT),
        ("blueiris", {"ai_dump": ""}, Kind.NO_PLATE),
    ],
)
def test_what_is_no_read_says_what_it_is(vendor: str, body: object, kind: Kind) -> None:
    assert parse(vendor, body) == Understood(kind)


@pytest.mark.parametrize("word", ["", "-", "unknown", "UNKNOWN", "no plate", "N/A", "null", "无牌"])
def test_a_word_for_no_plate_is_a_vehicle_without(word: str) -> None:
    for vendor, value in (
        ("milesight", {"plate": word}),
        ("axis", {**PUSH, "plateText": word}),
        ("genetec", {"Plate": word}),
    ):
        read = only(vendor, value)
        assert (read.plate, read.confidence, read.doubts) == (None, None, ())


def test_an_unfilled_macro_is_no_plate() -> None:
    assert only("blueiris", {"plate_number": "&PLATE"}).plate is None


@pytest.mark.parametrize("text", ["AB?12", "AB*12", "A" * 13, "A" * 100, "AB☃12", "A\x00B"])
def test_a_text_that_is_no_plate_is_doubtful(text: str) -> None:
    read = only("milesight", {"plate": text})
    assert (read.plate, read.doubts) == (None, (Doubt.NOT_A_PLATE,))


def test_letters_of_another_script_are_kept_and_told() -> None:
    read = only("milesight", {"plate": "鄂a-00 000"})
    assert (read.plate, read.doubts) == ("鄂A00000", (Doubt.NOT_LATIN,))


def test_a_number_may_be_a_plate() -> None:
    assert only("milesight", {"plate": 765410}).plate == "765410"


@pytest.mark.parametrize("value", [True, 1.5, ["A"], {"a": "b"}])
def test_another_type_where_the_plate_stands_is_an_error_without_it(value: object) -> None:
    with pytest.raises(PayloadError) as caught:
        parse("milesight", {"plate": value})
    assert str(caught.value).startswith("milesight: plate: expected a text, found ")


def test_an_odd_detail_does_not_lose_the_read() -> None:
    odd: tuple[object, ...] = ([], {}, True, 1e300, "x" * 5000, "\ud800", "-", None)
    for value in odd:
        post = dict.fromkeys(("device", "time", "speed", "region", "confidence", "plate_image"))
        read = only("milesight", {**dict.fromkeys(post, value), "plate": "ML1"})
        assert read.plate == "ML1"
        assert read.pictures == ()


def test_the_instant_counts_before_the_wall_clock() -> None:
    event = {
        "Code": "TrafficJunction",
        "Data": {"UTC": 1772366400, "RealUTC": 1772359200, "UTCMS": 5, "Object": {"Text": "D1"}},
    }
    read = only("dahua", {"params": {"eventList": [event]}})
    assert read.captured_at == datetime(2026, 3, 1, 10, 0, 0, 5000, tzinfo=UTC)
    del event["Data"]["RealUTC"]
    read = only("dahua", {"params": {"eventList": [event]}})
    assert read.captured_at == LocalTime(datetime(2026, 3, 1, 12, 0, 0, 5000))  # noqa: DTZ001


def test_a_streamed_event_of_dahua() -> None:
    line = b'Code=TrafficJunction;action=Pulse;index=0;data={\n "Object": {"Text": "DH3"}\n}\n'
    assert only("dahua", line).plate == "DH3"


def test_several_snapshots_of_dahua_are_one_passage() -> None:
    event = {"Code": "TrafficJunction", "GroupID": 9, "CountInGroup": 2, "IndexInGroup": 1}
    first = only("dahua", {**event, "Object": {"Text": "DH4"}})
    second = only("dahua", {**event, "IndexInGroup": 2, "Object": {"Text": "DH4"}})
    assert first.passage is not None
    assert second.passage is not None
    assert (first.passage.id, first.passage.is_last) == ("9", False)
    assert (second.passage.id, second.passage.is_last) == ("9", True)


def test_an_alert_and_its_group_are_one_event() -> None:
    one = only("openalpr", GROUP)
    other = only("openalpr", {"data_type": "alpr_alert", "plate_number": "RE1K0R", "group": GROUP})
    assert one == other


def test_the_likeliest_attribute_counts_not_the_first() -> None:
    assert only("openalpr", GROUP).colour == "blue"


def test_characters_may_be_counted_with_their_signs() -> None:
    plain = only("hikvision", ANPR.encode())
    signs = ANPR.replace("90,91,92,93,94,95", "90,91,10,92,93,20,94,95")
    assert [one.confidence for one in plain.characters] == [0.9, 0.91, 0.92, 0.93, 0.94, 0.95]
    assert only("hikvision", signs.encode()).characters == plain.characters
    wrong = ANPR.replace("90,91,92,93,94,95", "90,91")
    assert only("hikvision", wrong.encode()).characters == ()


def test_one_plate_that_raises_two_triggers_is_one_read() -> None:
    trigger = {"value": "UF1", "eventId": "e", "key": "license_plate_known"}
    other = {**trigger, "key": "license_plate_of_interest"}
    assert len(parse("unifi", {"alarm": {"triggers": [trigger, other]}}).reads) == 1
    third = {**trigger, "value": "UF2"}
    assert len(parse("unifi", {"alarm": {"triggers": [trigger, third]}}).reads) == 2


def test_the_end_of_an_object_is_its_last_word() -> None:
    read = only("frigate", {"type": "end", "after": EVENT})
    assert read.passage is not None
    assert read.passage.is_last


def test_pictures_beside_the_text_are_told_apart() -> None:
    body = multipart(
        ('Content-Disposition: form-data; name="anpr.xml"', ANPR.encode()),
        ('Content-Disposition: form-data; name="licensePlatePicture.jpg"', jpeg(20, 10)),
        ('Content-Disposition: form-data; name="vehiclePicture.jpg"', jpeg()),
        ('Content-Disposition: form-data; name="detectionPicture.jpg"', b"no picture"),
    )
    # What is no picture is read as text, and is none of the vendor's.
    with pytest.raises(PayloadError):
        parse("hikvision", body)
    pictures = only("hikvision", body.replace(b"no picture", jpeg(400, 200))).pictures
    assert [(one.shows.value, len(one.data)) for one in pictures] == [
        ("crop", len(jpeg())),
        ("scene", len(jpeg())),
    ]


def test_too_many_reads_are_refused() -> None:
    many = [{"plate": "ML1"}] * (MAX_READS + 1)
    with pytest.raises(PayloadError, match=rf"at most {MAX_READS} reads, found {MAX_READS + 1}"):
        parse("milesight", many)
    assert len(parse("milesight", many[1:]).reads) == MAX_READS


def test_an_unknown_vendor_is_named_with_the_known_ones() -> None:
    with pytest.raises(
        InputError, match=r"ingest: vendor: expected one of axis, .*, found another"
    ):
        parse("acme", {})


def test_a_clock_written_with_hyphens() -> None:
    (sample,) = [one for one in SAMPLES if one.vendor == "tattile"]
    (read,) = understand("tattile", sample.payload).reads
    assert read.captured_at == LocalTime(datetime(2026, 3, 1, 10, 0, 0, 250_000))  # noqa: DTZ001
    assert only("tattile", {"PLATE_STRING": "T", "DATE": "x", "TIME": "y"}).captured_at is None
