"""The vendors by the word that addresses and commands use. To add one: a file here and a line."""

from collections.abc import Mapping

from fairplate.ingest.vendor import Vendor
from fairplate.ingest.vendors.axis import parse_axis
from fairplate.ingest.vendors.blueiris import parse_blueiris
from fairplate.ingest.vendors.dahua import parse_dahua
from fairplate.ingest.vendors.frigate import parse_frigate
from fairplate.ingest.vendors.genetec import parse_genetec
from fairplate.ingest.vendors.hikvision import parse_hikvision
from fairplate.ingest.vendors.homeassistant import parse_homeassistant
from fairplate.ingest.vendors.lilin import parse_lilin
from fairplate.ingest.vendors.milesight import parse_milesight
from fairplate.ingest.vendors.onvif import parse_onvif
from fairplate.ingest.vendors.openalpr import parse_openalpr
from fairplate.ingest.vendors.platerecognizer import parse_platerecognizer
from fairplate.ingest.vendors.survision import parse_survision
from fairplate.ingest.vendors.tattile import parse_tattile
from fairplate.ingest.vendors.unifi import parse_unifi

VENDORS: Mapping[str, Vendor] = {
    "axis": parse_axis,
    "blueiris": parse_blueiris,
    "dahua": parse_dahua,
    "frigate": parse_frigate,
    "genetec": parse_genetec,
    "hikvision": parse_hikvision,
    "homeassistant": parse_homeassistant,
    "lilin": parse_lilin,
    "milesight": parse_milesight,
    "onvif": parse_onvif,
    "openalpr": parse_openalpr,
    "platerecognizer": parse_platerecognizer,
    "survision": parse_survision,
    "tattile": parse_tattile,
    "unifi": parse_unifi,
}
