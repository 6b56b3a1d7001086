"""Put another model of the home into use: verified and tried first, with an audit entry, for the API and for the page."""

from storecast.bundle import registry
from storecast.bundle.read import is_model_name
from storecast.database.request_log import audit
from storecast.service.middleware.context import RequestContext
from storecast.service.problems import Problem
from storecast.service.replies import Promoted
from storecast.service.service import Service

PROMOTED, ROLLED_BACK = "model promoted", "model rolled back"  # in the audit


def named_model(service: Service, name: str) -> str:
    """Return the name of a model of the home.

    Raises
    ------
    Problem
        where there is no such model
    """
    if not is_model_name(name) or not (service.live.models_folder / name).is_file():
        raise Problem("not-found", "There is no such model; GET /v1/models lists them.")
    return name


async def put_into_use(service: Service, context: RequestContext, name: str, action: str = PROMOTED) -> Promoted:
    """Put a model into use: it is verified and tried in a child process first, and then takes the other's place at once.

    Parameters
    ----------
    service : whose home holds the model
    context : of the request that asks for it, with its key
    name : of the model
    action : in the audit

    Raises
    ------
    Problem
        where there is no such model, or its file is refused; nothing has changed then
    """
    name = named_model(service, name)
    before = (await service.live.fresh()).name
    try:
        await service.live.model(name)  # verified, tried and at hand before it is named
    except Problem as problem:
        if problem.kind != "not-valid":
            raise
        raise Problem("conflict", "This model file is refused, and nothing has changed. The log says why.") from problem

    def work() -> None:
        assert context.key is not None
        with service.live.database().begin() as conn:
            audit(
                conn, f"key:{context.key.id}", action, {"model": name, "before": before, "request": context.request_id}
            )
            registry.promote(service.live.models_folder, name)

    await service.writes.run(work)
    serving = await service.live.wait_for_model(name, service.settings.long_time_limit / 2)
    return Promoted(model=name, before=before, serving=serving)
