def init_app(app):
    from controllers.console import bp as console_app_bp
    from controllers.service_api import bp as service_api_bp
    from controllers.trigger import bp as trigger_bp
    from controllers.web import bp as web_bp

    app.register_blueprint(service_api_bp)
    app.register_blueprint(console_app_bp)
    app.register_blueprint(trigger_bp, url_prefix="/triggers")
    app.register_blueprint(web_bp)

    @app.route("/health")
    def health():
        return "ok"
