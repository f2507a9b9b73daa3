def create_app():
    from extensions import ext_blueprints

    ext_blueprints.init_app(app)
