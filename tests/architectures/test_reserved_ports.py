"""Two services on one machine never share the ports that Serve opens inside."""

import socket

from app.architectures.embedded_ray import BLOCKS, reserved_block


def test_two_services_get_different_blocks_and_give_them_back() -> None:
    with reserved_block() as one, reserved_block() as other:
        assert abs(one - other) >= BLOCKS.step
    with reserved_block() as again:
        assert again == one


def test_a_block_in_which_somebody_listens_is_passed_over() -> None:
    with reserved_block() as first:
        pass
    with socket.create_server(("127.0.0.1", first + 50)), reserved_block() as next_one:
        assert next_one > first
