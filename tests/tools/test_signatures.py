"""Applications that share what was read from their signatures are applications of their own."""

from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI, Query

from service_kit.testing import asgi_client
from tests.signatures import remember_signatures

Word = Annotated[str, Query(max_length=3)]


def spelt(word: Word) -> str:
    return word.upper()


def made(answer: str, longest: int = 3) -> FastAPI:
    """Its endpoints have the same code in each, and what they close over is this one's."""
    app, router = FastAPI(), APIRouter()

    def own() -> str:
        return answer

    @router.get("/shared")
    async def shared(word: Annotated[str, Depends(spelt)]) -> list[str]:
        return [answer, word]

    @router.get("/own")
    async def of_its_own(said: Annotated[str, Depends(own)]) -> list[str]:
        return [said]

    @router.get("/limited")
    async def limited(word: Annotated[str, Query(max_length=longest)]) -> list[str]:
        return [word]

    app.router.routes.extend(router.routes)
    return app


@pytest.mark.asyncio
async def test_the_same_code_answers_from_what_it_closes_over() -> None:
    remember_signatures()
    for answer in ("one", "two"):
        async with asgi_client(made(answer)) as client:
            assert (await client.get("/shared?word=abc")).json() == [answer, "ABC"]
            assert (await client.get("/own")).json() == [answer]
            assert (await client.get("/shared?word=abcd")).status_code == 422


@pytest.mark.asyncio
async def test_what_is_declared_otherwise_is_read_again() -> None:
    remember_signatures()
    for longest, status in ((3, 422), (4, 200), (3, 422)):
        async with asgi_client(made("any", longest)) as client:
            assert (await client.get("/limited?word=abcd")).status_code == status


def test_it_is_described_alike() -> None:
    remember_signatures()
    first, second = made("one").openapi(), made("two").openapi()
    assert first == second
    assert first["paths"]["/shared"]["get"]["parameters"][0]["schema"]["maxLength"] == 3
