"""What extra promotion days would bring, worked out once for each snapshot."""

from threading import Lock
from weakref import WeakKeyDictionary

from storecast.page.view import ViewRequest
from storecast.service.live.snapshot import Snapshot
from storecast.workflows.extra_promotions import ExtraPromotions, extra_promotions

_EXTRA: WeakKeyDictionary[Snapshot, ExtraPromotions] = WeakKeyDictionary()
_AT_WORK = Lock()  # whoever asks while it is worked out waits for it


def extra_promotions_of(request: ViewRequest) -> ExtraPromotions:
    """Return what extra promotion days of the snapshot of a request would bring; the first time takes up to a minute."""
    snapshot = request.snapshot
    with _AT_WORK:
        known = _EXTRA.get(snapshot)
        if known is None:
            known = request.wait_for(request.service.large.run(extra_promotions, snapshot.predictor))
            _EXTRA[snapshot] = known
    return known
