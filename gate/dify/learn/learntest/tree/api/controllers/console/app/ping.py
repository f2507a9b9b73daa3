from fastopenapi.routers import FlaskRouter

console_router = FlaskRouter()


@console_router.get("/ping", tags=["console"])
def ping() -> str:
    return "pong"
