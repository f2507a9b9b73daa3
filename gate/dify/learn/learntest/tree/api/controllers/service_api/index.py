from flask_restx import Resource
from controllers.service_api import api

class IndexApi(Resource):
    def get(self):
        return {}

api.add_resource(IndexApi, "/")
