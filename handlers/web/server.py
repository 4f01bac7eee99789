"""The HTTP application: health, and the hooks of the chat platforms that are configured."""

import logging
from collections.abc import Iterable

from fastapi import APIRouter, FastAPI, Response

from bot.engine import Engine

log = logging.getLogger(__name__)


def build(engine: Engine, routers: Iterable[APIRouter] = ()) -> FastAPI:
    """Build the application; `routers` are the platforms' hooks."""
    # The page that shows the API loads its scripts from elsewhere, and offices are often cut off from there.
    app = FastAPI(title="督办 Duban", docs_url=None, openapi_url="/api/openapi.json", redoc_url=None)

    @app.get("/healthz", include_in_schema=False)
    async def alive() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz", include_in_schema=False)
    async def ready(response: Response) -> dict[str, str]:
        try:
            await engine.database.run(engine.database.answers)
        except Exception:
            log.exception("not ready", extra={"action": "readyz"})
            response.status_code = 503
            return {"status": "database"}
        return {"status": "ready"}

    for router in routers:
        app.include_router(router)
    return app
