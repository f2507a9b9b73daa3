from flask import Blueprint
from flask_restx import Namespace

from libs.external_api import ExternalApi

bp = Blueprint("console", __name__, url_prefix="/console/api")
api = ExternalApi(bp, version="1.0", title="Console API")
console_ns = Namespace("console", description="Console", path="/")

from .app import oracle, ping

api.add_namespace(console_ns)
