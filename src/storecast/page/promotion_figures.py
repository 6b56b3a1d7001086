"""What extra promotion days would bring, worked out once for each snapshot."""

from storecast.page.view import ViewRequest
from storecast.result_cache import ResultCache
from storecast.service.live.snapshot import Snapshot
from storecast.workflows.extra_promotions import ExtraPromotions, extra_promotions

_EXTRA: ResultCache[ExtraPromotions] = ResultCache()


def extra_promotions_of(request: ViewRequest) -> ExtraPromotions:
    """Return what extra promotion days of the snapshot of a request would bring; the first time takes up to a minute."""
    snapshot = request.snapshot

    def work() -> ExtraPromotions:
        return request.wait_for(request.service.large.run(extra_promotions, snapshot.predictor))

    return _EXTRA.get(snapshot, None, work)


def prepare_extra_promotions(snapshot: Snapshot) -> None:
    """Work out what extra promotion days of a snapshot would bring, before anybody asks."""
    _EXTRA.get(snapshot, None, lambda: extra_promotions(snapshot.predictor))
