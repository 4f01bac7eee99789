"""The HTTP application: health, and the hooks of the chat platforms that are configured."""

import logging
from collections.abc import Iterable

from fastapi import APIRouter, FastAPI, Response

from bot.engine import Engine
from bot.pulse import Trouble

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
            trouble = await engine.database.look(engine.trouble)
        except Exception as error:
            log.error("not ready", extra={"action": "readyz", "error": type(error).__name__})
            trouble = Trouble.DATABASE
        if trouble is None:
            return {"status": "ready"}
        response.status_code = 503
        return {"status": trouble}

    for router in routers:
        app.include_router(router)
    return app
