"""The Locust user: one for each generating process, resident for the whole sweep."""

from typing import Any

from locust import User, constant, task


class ScheduledUser(User):
    """Runs its process's share of each level as the orders come.

    It is no closed-loop user: `Generator.run_level` spawns a greenlet for every arrival. One resident
    user, because starting and stopping users between levels costs Locust's master seconds.
    """

    wait_time = constant(0)
    # Typed loosely: Locust attaches the generator to its environment as any attribute.
    environment: Any

    @task  # type: ignore[untyped-decorator]
    def run_next_level(self) -> None:
        """Wait for the next order and run it."""
        generator = self.environment.generator
        generator.run_level(generator.orders.get())
