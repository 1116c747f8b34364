"""The leaks shelf: attacks on the files of a release, one module each. `find(given)` gives what it finds, with file and
place; what it has no means to look for it puts into `given.not_tried`."""

from types import ModuleType

from maskeleton.leaks import coordinates, derived, fields, identities, order, records, timing

LEAKS: dict[str, ModuleType] = {
    "records": records,
    "derived": derived,
    "fields": fields,
    "coordinates": coordinates,
    "identities": identities,
    "order": order,
    "timing": timing,
}
