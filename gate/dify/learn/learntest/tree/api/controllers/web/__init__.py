from flask import Blueprint
from flask_restx import Namespace
from libs.external_api import ExternalApi

bp = Blueprint("web", __name__, url_prefix="/api")
api = ExternalApi(bp)
web_ns = Namespace("web", path="/oracle/")

from .views import *

api.add_namespace(web_ns)
