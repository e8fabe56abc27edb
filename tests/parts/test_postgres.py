"""A real PostgreSQL gives every test an empty database of its own, and asks for the password."""

from __future__ import annotations

import asyncpg
import pytest

from tests.parts.postgres import Postgres


async def test_databases_are_apart(postgres: Postgres) -> None:
    one, two = postgres.create_database(), postgres.create_database()
    first = await asyncpg.connect(one)
    second = await asyncpg.connect(two)
    try:
        await first.execute("CREATE TABLE flow (name text)")
        await first.execute("INSERT INTO flow VALUES ('下单支付')")
        assert await first.fetchval("SELECT name FROM flow") == "下单支付"
        assert await second.fetchval("SELECT to_regclass('flow')") is None
    finally:
        await first.close()
        await second.close()


async def test_a_wrong_password_is_refused(postgres: Postgres) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.dsn().replace(f":{postgres.password}@", ":wrong@"))
