"""The command `loadtest`: the door that patches the standard library before anything else is imported."""

from gevent import monkey


def run() -> None:
    """Run the command line; exit codes are those of `loadtest.commands`."""
    # Sockets, ssl and subprocess must be gevent's before any other module binds them; only the
    # load test's own processes come through here, so nothing else is ever patched.
    monkey.patch_all()
    from loadtest.commands import main

    main()
