from flask import Blueprint

bp = Blueprint("trigger", __name__, url_prefix="/old")

from . import webhook
