"""Words on and around plates that are not the plate: states, countries, slogans, dealers, signs.

Decides whether a line of text is such a word, and which region a word names. A plate that spells a
word of this list is lost on purpose: the word is met a million times for each such plate.
"""

# Spelled without blanks, as a line of text is read. Nearly every US plate names its state.
_STATES = {
    "ALABAMA": "us-al", "ALASKA": "us-ak", "ARIZONA": "us-az", "ARKANSAS": "us-ar",
    "CALIFORNIA": "us-ca", "COLORADO": "us-co", "CONNECTICUT": "us-ct", "DELAWARE": "us-de",
    "FLORIDA": "us-fl", "GEORGIA": "us-ga", "HAWAII": "us-hi", "IDAHO": "us-id",
    "ILLINOIS": "us-il", "INDIANA": "us-in", "IOWA": "us-ia", "KANSAS": "us-ks",
    "KENTUCKY": "us-ky", "LOUISIANA": "us-la", "MAINE": "us-me", "MARYLAND": "us-md",
    "MASSACHUSETTS": "us-ma", "MICHIGAN": "us-mi", "MINNESOTA": "us-mn", "MISSISSIPPI": "us-ms",
    "MISSOURI": "us-mo", "MONTANA": "us-mt", "NEBRASKA": "us-ne", "NEVADA": "us-nv",
    "NEWHAMPSHIRE": "us-nh", "NEWJERSEY": "us-nj", "NEWMEXICO": "us-nm", "NEWYORK": "us-ny",
    "NORTHCAROLINA": "us-nc", "NORTHDAKOTA": "us-nd", "OHIO": "us-oh", "OKLAHOMA": "us-ok",
    "OREGON": "us-or", "PENNSYLVANIA": "us-pa", "RHODEISLAND": "us-ri", "SOUTHCAROLINA": "us-sc",
    "SOUTHDAKOTA": "us-sd", "TENNESSEE": "us-tn", "TEXAS": "us-tx", "UTAH": "us-ut",
    "VERMONT": "us-vt", "VIRGINIA": "us-va", "WASHINGTON": "us-wa", "WESTVIRGINIA": "us-wv",
    "WISCONSIN": "us-wi", "WYOMING": "us-wy", "WASHINGTONDC": "us-dc", "BRASIL": "br",
    "ONTARIO": "ca-on", "QUEBEC": "ca-qc", "BRITISHCOLUMBIA": "ca-bc", "ALBERTA": "ca-ab",
    "MANITOBA": "ca-mb", "SASKATCHEWAN": "ca-sk", "NOVASCOTIA": "ca-ns",
    "REPUBLICAARGENTINA": "ar", "URUGUAY": "uy", "PARAGUAY": "py", "CHILE": "cl",
}  # fmt: skip

_SLOGANS = {
    "GRANDCANYONSTATE": "us-az", "SUNSHINESTATE": "us-fl", "EMPIRESTATE": "us-ny",
    "GARDENSTATE": "us-nj", "THELONESTARSTATE": "us-tx", "LANDOFLINCOLN": "us-il",
    "LIVEFREEORDIE": "us-nh", "FIRSTINFLIGHT": "us-nc", "SHOWMESTATE": "us-mo",
    "TAXATIONWITHOUTREPRESENTATION": "us-dc", "FAMOUSPOTATOES": "us-id",
    "IOOOOLAKES": "us-mn", "EXCELSIOR": "us-ny",
    "EVERGREENSTATE": "us-wa", "THEFIRSTSTATE": "us-de", "VACATIONLAND": "us-me",
    "THESPIRITOFAMERICA": "us-ma", "GREENMOUNTAINSTATE": "us-vt", "BLUEGRASSSTATE": "us-ky",
    "AMERICASDAIRYLAND": "us-wi", "LANDOFENCHANTMENT": "us-nm", "PEACHSTATE": "us-ga",
    "CONSTITUTIONSTATE": "us-ct", "BUCKEYESTATE": "us-oh", "MYFLORIDACOM": "us-fl",
    "YOURSTODISCOVER": "ca-on", "JEMESOUVIENS": "ca-qc", "BEAUTIFULBRITISHCOLUMBIA": "ca-bc",
}  # fmt: skip

# Makers and frequent models as they stand on the boot lid, frames of dealers, road signs.
_OTHER_WORDS = frozenset(
    "ACURA ALFAROMEO AUDI BENTLEY BMW BUICK CADILLAC CHEVROLET CHRYSLER CITROEN DACIA DAEWOO "
    "DODGE FERRARI FIAT FORD GMC HONDA HYUNDAI INFINITI ISUZU IVECO JAGUAR JEEP KIA LADA LANCIA "
    "LANDROVER LEXUS LINCOLN MAZDA MERCEDES MERCEDESBENZ MERCURY MINI MITSUBISHI NISSAN OPEL "
    "PEUGEOT PONTIAC PORSCHE RANGEROVER RENAULT ROVER SAAB SATURN SCANIA SCION SEAT SKODA SMART "
    "SUBARU SUZUKI TATA TESLA TOYOTA VAUXHALL VOLKSWAGEN VOLVO "
    "ACCORD ALTIMA CAMRY CIVIC COROLLA CRUZE DURANGO ESCAPE EXPLORER FOCUS FUSION GOLF HYBRID "
    "IMPALA JETTA LAREDO LEGEND LEGENDS MALIBU MAXIMA OCTAVIA PASSAT PILOT PRIUS RANGER ROGUE "
    "SENTRA SIENNA SONATA SORENTO TACOMA TAHOE TUNDRA ECOSPORT FIESTA PALIO SIENA STRADA SAVEIRO "
    "SANTAFE SPORT SPORTS TURBO DIESEL LIMITED PREMIUM TOURING ELECTRIC QUATTRO XDRIVE "
    "AUTO AUTOS CARS MOTOR MOTORS DEALER SALES SERVICE LEASING RENTAL USED GROUP CENTER TRUCK "
    "TAXI POLICE POLICIA POLIZEI SHERIFF BUS AMBULANCE FIRE SCHOOL STOP YIELD EXIT ONLY NOTICE "
    "PARKING ENTRANCE WARNING DANGER AREA THIS THISAREA LEFT RIGHT SPEED LIMIT ROAD STREET HORNE "
    "DISABLED VETERAN DISABLEDVETERAN DUPLICATE EXEMPT COMMERCIAL TRAILER DMV GOV COM WWW".split()
)
_WORDS = {**_STATES, **_SLOGANS}
_AS_LETTERS = str.maketrans("01", "OI")  # so the slogan "10,000 lakes" stands as letters above
_MISSPELT_FROM = 6  # a word this long is recognised with one letter wrong, missing or too many


def _one_edit_apart(one: str, other: str) -> bool:
    """Say whether one insertion, deletion or substitution turns one into the other."""
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1:
        return False
    at = 0
    while at < len(one) and one[at] == other[at]:
        at += 1
    return one[at + (len(one) == len(other)) :] == other[at + 1 :]


def _find(text: str) -> str | None:
    """Return the word of the lists that `text` spells, give or take one letter in a long one."""
    letters = text.translate(_AS_LETTERS)
    # A digit that is no misread letter makes a plate of it: SATUR9 is none of the words.
    misspelt = text.replace("0", "O").isalpha()
    known = (*_WORDS, *_OTHER_WORDS)
    for word in known:
        if letters == word:
            return word
        if misspelt and len(word) >= _MISSPELT_FROM and _one_edit_apart(letters, word):
            return word
    return None


def is_word(text: str) -> bool:
    """Say whether the line `text` (letters and digits, no blanks) is a word, not a plate."""
    return _find(text) is not None


def region_named(text: str) -> str | None:
    """Return the region that the line `text` names by its state, country or slogan."""
    word = _find(text)
    return None if word is None else _WORDS.get(word)
