"""Routes of the oracle: @console_ns.route("/not-this-one")"""

from collections.abc import Callable

from flask_restx import Resource

from controllers.common.base import ORACLE, ListResource
from controllers.console import api, console_ns


@console_ns.route("/apps/<uuid:app_id>/oracle")
@console_ns.doc("ask_oracle", params={"app_id": "the app, as in {'a': 1}"})
class OracleApi(Resource):
    method_decorators = [lambda view: view]

    @staticmethod
    def helper(x: dict[str, Callable[[], int]] = {}) -> None:
        def get():
            return None

    @console_ns.response(200, f"Asked the {ORACLE!r} about {1 + 1}")
    def post(self, app_id: str):
        # def delete(self): is no method
        text = """
    def put(self):
        """
        return {"text": text}


@console_ns.route(f"/{ORACLE}/list", "/oracle/all")
class OracleListApi(ListResource):
    pass


class OracleModelApi(Resource):
    if True:

        def patch(self): return None


@console_ns.route("/oracle/" + ORACLE, methods=["GET"])
class OracleSelfApi(ListResource):
    def delete(self):
        pass


api.add_resource(OracleModelApi, "/oracle/model", "/oracle/models/<string:name>", endpoint="oracle_model")


@console_ns.route(f"/oracle/{unknown}/late")
class LateApi(ListResource):
    pass


for path in PATHS:
    api.add_resource(OracleModelApi, path)
