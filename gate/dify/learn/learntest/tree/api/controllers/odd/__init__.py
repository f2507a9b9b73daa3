mystery.add_resource(Thing, "/x")


@somewhere.route("/y")
def y():
    pass
