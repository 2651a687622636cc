"""The command line's `table` and `verify` as JSON over HTTP: /api/table?net=NAME and /api/verify?net=NAME."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from resnet_core import Refusal, analyse, parse, verify
from resnet_core.documents import table_document, verdict_documents

BAD_REQUEST, NOT_FOUND = 400, 404
MOST_NETWORKS = 20
"""Of one request for verdicts; each is compared with every network that has a published figure."""


def table(request: Request) -> Response:
    """Every layer, the stages and the totals of the network of `net`."""
    try:
        return JSONResponse(table_document(analyse(parse(request.query_params.get("net", "")))))
    except Refusal as refused:
        return _refused(refused)


def verdicts(request: Request) -> Response:
    """Every published figure, or those of the networks of `net`, with their verdicts."""
    try:
        return JSONResponse(verdict_documents(verify(_named(request) or None)))
    except Refusal as refused:
        return _refused(refused)


def _named(request: Request) -> list[str]:
    """The names of `net`, each once. Raises Refusal for more than are answered at once."""
    names = list(dict.fromkeys(request.query_params.getlist("net")))
    if len(names) > MOST_NETWORKS:
        raise Refusal(
            f"There are {len(names)} networks, and {MOST_NETWORKS} are answered at once: ask for fewer in each request."
        )
    return names


def _refused(refused: Refusal) -> Response:
    return JSONResponse({"error": str(refused)}, status_code=BAD_REQUEST)


def _unknown(_: Request) -> Response:
    return JSONResponse(
        {"error": "There is nothing here: ask for /api/table?net=resnet-50 or /api/verify?net=resnet-50."},
        status_code=NOT_FOUND,
    )


ROUTES = [Route("/api/table", table), Route("/api/verify", verdicts)]
UNKNOWN = Route("/api/{rest:path}", _unknown, methods=["GET", "POST", "PUT", "DELETE"])
"""After every other route under /api/, where Streamlit would answer with its page."""
