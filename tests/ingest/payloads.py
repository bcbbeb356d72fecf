"""Small payloads of every vendor, written for these tests, with invented plates and pictures."""

import base64
import json
import struct
from dataclasses import dataclass, field

from fairplate.ingest.vendor import Payload

CRLF = "\r\n"


def jpeg(width: int = 64, height: int = 32) -> bytes:
    """Return what begins as a JPEG of this size; nothing can be seen in it."""
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    marker = struct.pack(">BBH", 0xFF, 0xC0, len(frame) + 2)
    return b"\xff\xd8\xff\xe0\x00\x04ab" + marker + frame + b"\xff\xd9"


PICTURE = base64.b64encode(jpeg()).decode()


def multipart(*parts: tuple[str, bytes], boundary: str = "part-end") -> bytes:
    """Return a body of parts, each given by its header lines and its bytes."""
    pieces = [f"--{boundary}{CRLF}{head}{CRLF}{CRLF}".encode() + data for head, data in parts]
    return b"\r\n".join([*pieces, f"--{boundary}--".encode()]) + b"\r\n"


MULTIPART = 'multipart/form-data; boundary="part-end"'


@dataclass(frozen=True)
class Sample:
    vendor: str
    body: bytes = field(repr=False)
    plates: tuple[str | None, ...]
    confidences: tuple[float | None, ...] = ()
    content_type: str = ""
    topic: str = ""

    @property
    def payload(self) -> Payload:
        return Payload(self.body, self.content_type, self.topic)


def of_json(vendor: str, value: object, *plates: str | None, **more: object) -> Sample:
    return Sample(vendor, json.dumps(value).encode(), plates, **more)


ANPR = """<?xml version="1.0" encoding="UTF-8"?>
<EventNotificationAlert xmlns="urn:x" version="2.0"><channelID>4</channelID>
<dateTime>2026-03-01T10:00:00+02:00</dateTime><eventType>ANPR</eventType><ANPR>
<licensePlate>AB-12 CD</licensePlate><line>2</line><direction>forward</direction>
<confidenceLevel>90</confidenceLevel><plateCharBelieve>90,91,92,93,94,95</plateCharBelieve>
<vehicleType>truck</vehicleType><pictureInfoList><pictureInfo><plateRect><X>250</X><Y>500</Y>
<width>250</width><height>250</height></plateRect></pictureInfo></pictureInfoList>
</ANPR><UUID>event-0123456789-abc</UUID></EventNotificationAlert>"""

ALPV_EVENT = """<tt:MetadataStream xmlns:tt="urn:tt" xmlns:w="urn:w"><tt:Event>
<w:NotificationMessage><w:Topic> tns:App/ALPV.AllPlates </w:Topic><w:Message>
<tt:Message UtcTime="2026-03-01T10:00:00Z"><tt:Data><tt:SimpleItem Name="text" Value="AX1"/>
<tt:SimpleItem Name="carID" Value="7"/><tt:SimpleItem Name="carState" Value="lost"/></tt:Data>
</tt:Message></w:Message></w:NotificationMessage></tt:Event></tt:MetadataStream>"""

PLATE_EVENT = """<e:Envelope xmlns:e="urn:e" xmlns:w="urn:w" xmlns:t="urn:t">
<w:NotificationMessage><w:Topic>tns1:RuleEngine/LicensePlate</w:Topic><w:Message>
<t:Message UtcTime="2026-03-01T10:00:00Z"><t:Data><t:ElementItem Name="Plate"><t:LicensePlateInfo>
<t:PlateNumber>ON-2</t:PlateNumber><t:Likelihood>0.5</t:Likelihood></t:LicensePlateInfo>
</t:ElementItem></t:Data></t:Message></w:Message></w:NotificationMessage></e:Envelope>"""

FRAME = """<t:MetadataStream xmlns:t="urn:t"><t:VideoAnalytics>
<t:Frame UtcTime="2026-03-01T10:00:00Z">
<t:Object ObjectId="1"><t:Appearance><t:VehicleInfo><t:Type Likelihood="0.5">Car</t:Type>
</t:VehicleInfo><t:LicensePlateInfo><t:PlateNumber Likelihood="0.75">ON-1</t:PlateNumber>
<t:CountryCode>DE</t:CountryCode></t:LicensePlateInfo></t:Appearance></t:Object></t:Frame>
</t:VideoAnalytics></t:MetadataStream>"""

RESULT = {
    "plate": "re1k0r",
    "confidence": "91.5",
    "plate_index": 0,
    "coordinates": [{"x": 2, "y": 1}, {"x": 9, "y": 1}, {"x": 9, "y": 6}, {"x": 2, "y": 6}],
    "candidates": [{"plate": "RE1K0R", "confidence": 91.5}, {"plate": "RE1KOR", "confidence": 61}],
}
RESULTS = {
    "data_type": "alpr_results",
    "uuid": "agent-agent-agent-1-1000",
    "camera_id": 5,
    "epoch_time": 1772359200000,
    "results": [RESULT, {**RESULT, "plate": "SEC0ND", "plate_index": 1, "candidates": []}],
}
GROUP = {
    "data_type": "alpr_group",
    "epoch_start": 1772359200000,
    "best_uuid": "agent-agent-agent-1-1001",
    "best_plate_number": "RE1K0R",
    "best_confidence": 91.5,
    "best_plate": {**RESULT, "plate_crop_jpeg": PICTURE},
    "uuids": ["agent-agent-agent-1-1000"],
    "plate_indexes": [0],
    "vehicle": {"color": [{"name": "red", "confidence": 9}, {"name": "blue", "confidence": 80}]},
}
STREAM = {
    "hook": {"event": "recognition"},
    "data": {
        "camera_id": "gate",
        "timestamp": "2026-03-01 10:00:00",
        "results": [{"plate": "pr1", "score": 0.8, "dscore": 0.2, "region": {"code": "us-ca"}}],
    },
}
PUSH = {
    "plateText": "AX1",
    "plateConfidence": "0.5",
    "capture_timestamp": "1772359200000",
    "carID": "7",
    "carState": "new",
    "sensorProviderID": "gate",
}
EVENT = {
    "id": "1772359200.123456-abcdef",
    "camera": "drive",
    "label": "car",
    "frame_time": 1772359200.5,
    "recognized_license_plate": ["FR1", 0.9],
}
CSV = (
    "timestamp,plate,score,box,candidates\n"
    "2026-03-01 10:00:00+00:00,pr2,0.7,\"{'xmin': 1, 'ymin': 1, 'xmax': 9, 'ymax': 4}\","
    "\"[{'plate': 'pr2'}, {'plate': None}]\"\n"
)
DAHUA_LINES = """--snap
Content-Type: text/plain

Events[0].EventBaseInfo.Code=TrafficJunction
Events[0].TrafficCar.PlateNumber=DH-1
Events[0].TrafficCar.DrivingDirection[0]=Leave
Events[0].Object.Confidence=0
Events[0].UTC=1772359200
Events[0].UTCMS=7
Events[1].Code=VideoMotion
Events[1].TrafficCar.PlateNumber=NOT1
Events[10].Code=TrafficTollGate
Events[10].Object.Text=DH10
Events[10].Object.Confidence=255
--snap--
"""
SLOTS = (
    "Day=1\nLPR0=LL1,LP_X0=1,LP_Y0=1,LP_W0=8,LP_H0=4,LPR_TIME0=2026-03-01 10:00:00 GMT\n"
    "LPR1=, LPR2="
)

SAMPLES = [
    of_json("openalpr", RESULTS, "RE1K0R", "SEC0ND", confidences=(0.915, 0.915)),
    of_json("openalpr", GROUP, "RE1K0R", confidences=(0.915,)),
    of_json("openalpr", {"data_type": "alpr_alert", "group": GROUP}, "RE1K0R"),
    of_json("platerecognizer", STREAM, "PR1", confidences=(0.8,)),
    Sample(
        "platerecognizer",
        multipart(
            ('Content-Disposition: form-data; name="json"', json.dumps(STREAM).encode()),
            ('Content-Disposition: form-data; name="upload"; filename="../../x"', jpeg()),
        ),
        ("PR1",),
        content_type=MULTIPART,
    ),
    Sample("platerecognizer", CSV.encode(), ("PR2",), (0.7,)),
    Sample("hikvision", ANPR.encode(), ("AB12CD",), (0.9,)),
    Sample(
        "hikvision",
        multipart(
            ('Content-Disposition: form-data; name="anpr.xml"', ANPR.encode()),
            ('Content-Disposition: form-data; name="licensePlatePicture.jpg"', jpeg(20, 10)),
            ('Content-Disposition: form-data; name="detectionPicture.jpg"', jpeg(400, 200)),
        ),
        ("AB12CD",),
    ),
    of_json("hikvision", {"eventType": "ANPR", "ANPR": {"licensePlate": "HK2"}}, "HK2"),
    Sample("dahua", DAHUA_LINES.encode(), ("DH1", "DH10"), (None, 1.0)),
    of_json(
        "dahua",
        {"Picture": {"Plate": {"PlateNumber": "DH2", "Confidence": "85"}, "SnapInfo": {}}},
        "DH2",
        confidences=(0.85,),
    ),
    Sample("dahua", FRAME.encode(), ("ON1",)),
    of_json("axis", PUSH, "AX1", confidences=(0.5,)),
    of_json(
        "axis",
        {"topic": "t", "timestamp": 1772359200000, "message": {"data": {"text": "AX2"}}},
        "AX2",
    ),
    Sample("axis", ALPV_EVENT.encode(), ("AX1",)),
    of_json("frigate", {"type": "new", "after": EVENT}, "FR1", confidences=(0.9,)),
    of_json("frigate", {"type": "lpr", "plate": "FR-2", "id": EVENT["id"], "score": 1}, "FR2"),
    of_json(
        "genetec",
        {"Plate": "GN1", "DateUtc": "03/01/2026", "TimeUtc": "10:00:00", "ConfidenceScore": "50"},
        "GN1",
        confidences=(0.5,),
    ),
    of_json(
        "survision",
        {"anpr": {"@date": "1772359200000", "decision": {"@plate": "SV1", "@reliability": "50"}}},
        "SV1",
        confidences=(0.5,),
    ),
    Sample(
        "survision",
        b'<anpr date="1772359200000"><decision plate="SV2" reliability="50"/></anpr>',
        ("SV2",),
        (0.5,),
    ),
    Sample(
        "tattile",
        "<?xml version='1.0' encoding='ISO-8859-1'?><Msg><PLATE_STRING>TT1</PLATE_STRING>"
        "<DATE>2026-03-01</DATE><TIME>10-00-00-250</TIME><DEVICE_NAME>Cañón</DEVICE_NAME>"
        "<OCRSCORE>50</OCRSCORE></Msg>".encode("iso-8859-1"),
        ("TT1",),
        (0.5,),
    ),
    of_json("milesight", {"plate": "ML1", "confidence": "-", "device": "d"}, "ML1"),
    of_json("lilin", {"INFORMATION": [{"LPR": "LL1", "TS": "1772359200000000"}]}, "LL1"),
    Sample("lilin", SLOTS.encode(), ("LL1",)),
    of_json(
        "unifi",
        {"alarm": {"triggers": [{"key": "license_plate_known", "value": "UF1", "device": "d"}]}},
        "UF1",
    ),
    of_json(
        "homeassistant",
        {"event_type": "image_processing.found_plate", "data": {"plate": "HA1", "confidence": 50}},
        "HA1",
        confidences=(0.5,),
    ),
    Sample("homeassistant", b"plate0: top 1 results\n  - HA2   confidence: 50.0\n", ("HA2",)),
    of_json(
        "homeassistant",
        {"data": {"new_state": {"attributes": {"plates": {"HA3": "50.0"}}}}},
        "HA3",
        confidences=(0.5,),
    ),
    Sample("onvif", PLATE_EVENT.encode(), ("ON2",), (0.5,)),
    Sample("onvif", FRAME.encode(), ("ON1",), (0.75,)),
    of_json("blueiris", {"plate_number": "BI1", "camera": "c"}, "BI1"),
    Sample("blueiris", rb'{"ALERT_PATH":"C:\Blue\new.jpg","plate_number":"BI2"}', ("BI2",)),
    of_json(
        "blueiris",
        {"ai_dump": [{"found": {"predictions": [{"plate": "bi3", "confidence": 0.5}]}}]},
        "BI3",
        confidences=(0.5,),
    ),
]
