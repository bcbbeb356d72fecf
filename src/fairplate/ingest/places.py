"""Regions as vendors word them, as our codes; None wherever a wording has two meanings."""

from fairplate.core.regions import COUNTRIES, REGIONS, SUBDIVISIONS

# ISO 3166-1 alpha-3 of the countries that `core/regions.py` knows, and what plates show.
_ALPHA3 = dict(
    pair.split(":")
    for pair in (
        "AUT:at BEL:be BGR:bg HRV:hr CYP:cy CZE:cz DNK:dk EST:ee FIN:fi FRA:fr DEU:de GRC:gr "
        "HUN:hu IRL:ie ITA:it LVA:lv LTU:lt LUX:lu MLT:mt NLD:nl POL:pl PRT:pt ROU:ro SVK:sk "
        "SVN:si ESP:es SWE:se ISL:is LIE:li NOR:no CHE:ch GBR:gb UKR:ua MDA:md SRB:rs MNE:me "
        "MKD:mk ALB:al BIH:ba XKX:xk AND:ad MCO:mc SMR:sm VAT:va USA:us CAN:ca MEX:mx BRA:br "
        "ARG:ar URY:uy PRY:py BOL:bo CHL:cl PER:pe COL:co AUS:au NZL:nz ZAF:za IND:in JPN:jp "
        "KOR:kr CHN:cn TUR:tr ISR:il RUS:ru BLR:by KAZ:kz GEO:ge ARM:am AZE:az"
    ).split()
)
_STATES = {
    name.replace("_", " "): code
    for name, code in (
        pair.split(":")
        for pair in (
            "alabama:al alaska:ak arizona:az arkansas:ar california:ca colorado:co connecticut:ct "
            "delaware:de florida:fl georgia:ga hawaii:hi idaho:id illinois:il indiana:in iowa:ia "
            "kansas:ks kentucky:ky louisiana:la maine:me maryland:md massachusetts:ma michigan:mi "
            "minnesota:mn mississippi:ms missouri:mo montana:mt nebraska:ne nevada:nv "
            "new_hampshire:nh new_jersey:nj new_mexico:nm new_york:ny north_carolina:nc "
            "north_dakota:nd ohio:oh oklahoma:ok oregon:or pennsylvania:pa rhode_island:ri "
            "south_carolina:sc south_dakota:sd tennessee:tn texas:tx utah:ut vermont:vt "
            "virginia:va washington:wa west_virginia:wv wisconsin:wi wyoming:wy "
            "district_of_columbia:dc"
        ).split()
    )
}


def country_code(text: str | None) -> str | None:
    """Return the code of a country in two or three letters."""
    word = (text or "").strip()
    return _ALPHA3.get(word.upper()) or (word.lower() if word.lower() in COUNTRIES else None)


def region_code(text: str | None) -> str | None:
    """Return the code of `us-ca`, `US_CA`, `gb`, `eu-de` or `DEU`."""
    word = (text or "").strip().lower().replace("_", "-")
    if word in REGIONS:
        return word
    return country_code(word.removeprefix("eu-"))


def part_code(country: str | None, part: str | None) -> str | None:
    """Return the code of a state or province within its country, else the country's.

    Two letters of a state without the country are taken only if no country has them: CA is
    California and Canada.
    """
    whole, word = country_code(country), (part or "").strip().lower()
    if whole is None:
        owners = {code for code in SUBDIVISIONS if code.split("-")[1] == word}
        return owners.pop() if len(owners) == 1 and word not in COUNTRIES else None
    code = f"{whole}-{_STATES.get(word, word) if whole == 'us' else word}"
    return code if code in SUBDIVISIONS else whole
