from controllers.web import web_ns
from controllers.common.base import ListResource as Base


@web_ns.route("/ask")
class AskApi(Base):
    pass
