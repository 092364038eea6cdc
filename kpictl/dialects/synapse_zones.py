"""Windows' names of time zones, which AT TIME ZONE takes.

Source: windowsZones.xml of the Unicode CLDR, release 45 (Unicode License v3). Only zones of the IANA database are here that have
had one rule from 2008 on: none, or that of their Windows zone's own main place. Windows reads earlier instants by the rules that
it has for them.
"""

from __future__ import annotations

from datetime import UTC, datetime

_PLACES = {
    "UTC": "UTC Etc/UTC Etc/GMT GMT Etc/Zulu Zulu",
    "W. Europe Standard Time": (
        "Europe/Berlin Europe/Amsterdam Europe/Vienna Europe/Zurich Europe/Rome Europe/Stockholm Europe/Oslo Europe/Luxembourg"
        " Europe/Malta Europe/Monaco Europe/Andorra Europe/Vaduz Europe/San_Marino Europe/Vatican Europe/Gibraltar"
    ),
    "Romance Standard Time": "Europe/Paris Europe/Brussels Europe/Copenhagen Europe/Madrid",
    "Central Europe Standard Time": "Europe/Budapest Europe/Belgrade Europe/Bratislava Europe/Ljubljana Europe/Prague",
    "Central European Standard Time": "Europe/Warsaw Europe/Sarajevo Europe/Skopje Europe/Zagreb",
    "GMT Standard Time": "Europe/London Europe/Dublin Europe/Lisbon Europe/Guernsey Europe/Isle_of_Man Europe/Jersey",
    "FLE Standard Time": "Europe/Kiev Europe/Kyiv Europe/Helsinki Europe/Riga Europe/Sofia Europe/Tallinn Europe/Vilnius",
    "GTB Standard Time": "Europe/Bucharest Europe/Athens",
    "Eastern Standard Time": "America/New_York America/Toronto America/Detroit US/Eastern",
    "Central Standard Time": "America/Chicago America/Winnipeg US/Central",
    "Mountain Standard Time": "America/Denver America/Edmonton US/Mountain",
    "Pacific Standard Time": "America/Los_Angeles US/Pacific",
    "US Mountain Standard Time": "America/Phoenix",
    "Alaskan Standard Time": "America/Anchorage",
    "Hawaiian Standard Time": "Pacific/Honolulu",
    "Atlantic Standard Time": "America/Halifax",
    "SA Pacific Standard Time": "America/Bogota America/Lima America/Panama America/Jamaica",
    "SA Western Standard Time": "America/Puerto_Rico America/La_Paz",
    "Central America Standard Time": "America/Costa_Rica America/El_Salvador America/Guatemala",
    "AUS Eastern Standard Time": "Australia/Sydney Australia/Melbourne",
    "E. Australia Standard Time": "Australia/Brisbane",
    "AUS Central Standard Time": "Australia/Darwin",
    "New Zealand Standard Time": "Pacific/Auckland",
    "Tokyo Standard Time": "Asia/Tokyo",
    "Korea Standard Time": "Asia/Seoul",
    "China Standard Time": "Asia/Shanghai Asia/Hong_Kong Asia/Macau",
    "Taipei Standard Time": "Asia/Taipei",
    "Singapore Standard Time": "Asia/Singapore Asia/Kuala_Lumpur Asia/Manila",
    "SE Asia Standard Time": "Asia/Bangkok Asia/Jakarta Asia/Ho_Chi_Minh Asia/Saigon",
    "India Standard Time": "Asia/Kolkata Asia/Calcutta",
    "Sri Lanka Standard Time": "Asia/Colombo",
    "Nepal Standard Time": "Asia/Kathmandu Asia/Katmandu",
    "Afghanistan Standard Time": "Asia/Kabul",
    "West Asia Standard Time": "Asia/Tashkent",
    "Arabian Standard Time": "Asia/Dubai Asia/Muscat",
    "Arab Standard Time": "Asia/Riyadh Asia/Kuwait Asia/Qatar Asia/Bahrain",
    "South Africa Standard Time": "Africa/Johannesburg",
    "E. Africa Standard Time": "Africa/Nairobi",
    "W. Central Africa Standard Time": "Africa/Lagos Africa/Algiers",
    "Greenwich Standard Time": "Atlantic/Reykjavik Africa/Abidjan Africa/Accra Africa/Dakar",
}
ONE_RULE_FROM = datetime(2008, 1, 1, tzinfo=UTC)
"""From when on a place has the one rule of its Windows zone."""
WINDOWS = {place: name for name, places in _PLACES.items() for place in places.split()}
"""IANA name to Windows' name."""
