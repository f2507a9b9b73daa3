from fastopenapi.routers import FlaskRouter
from controllers.console.app.ping import console_router


def init_app(app) -> None:
    router = FlaskRouter(app=app, docs_url=f"{DOCS}/docs" if enabled else None)
    cast(SupportsIncludeRouter, router).include_router(console_router, prefix="/console/api")
