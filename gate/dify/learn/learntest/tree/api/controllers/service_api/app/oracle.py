from flask.views import MethodView
from controllers.service_api import bp
from ...common import base as shared


class View(MethodView):
    def get(self):
        pass


@bp.route("/oracle/answers", methods=shared.VERBS)
def answers():
    return []


bp.add_url_rule("/oracle/view", view_func=View.as_view("view"))
