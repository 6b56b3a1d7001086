"""What schemathesis does not know by itself: a workbook is sent as bytes."""

import schemathesis

from storecast.service.route import XLSX


@schemathesis.serializer(XLSX)
def as_bytes(context: object, value: object) -> dict[str, bytes]:
    return {"data": value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")}
