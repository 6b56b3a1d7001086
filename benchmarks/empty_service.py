"""An empty route of FastAPI under the service's own settings of uvicorn: what a request costs before anything is done for it."""

import argparse

import uvicorn
from fastapi import FastAPI

from storecast.service.server import config_of
from storecast.service.settings import Settings

app = FastAPI(openapi_url=None)


@app.post("/v1/forecasts")
async def empty() -> dict[str, str]:
    """Answer with nothing."""
    return {}


def main() -> None:
    """Serve until a signal to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    uvicorn.Server(config_of(app, Settings(listen_port=parser.parse_args().port))).run()


if __name__ == "__main__":
    main()
