from flask_restx import Resource

ORACLE = "oracle"
VERBS = ["GET", "post"]


class ListResource(Resource):
    def get(self):
        return []

    async def post(self):
        return {}
