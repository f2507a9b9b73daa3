from controllers.trigger import bp


@bp.route("/webhook/<string:webhook_id>", methods=["GET", "POST", "HEAD"])
def handle(webhook_id: str):
    pass
