import click


@click.command("reset-password", help="Reset the account password.")
@click.option("--email", prompt=True)
def reset_password(email):
    pass


@click.command()
def clean_oracle_runs_command():
    pass


@click.group("oracle")
def oracle():
    pass


@oracle.command(name="ask-oracle")
def ask():
    pass


@click.command(NAME)
def named_elsewhere():
    pass
