"""What messages must look like: the official models that the installed `mcp` brings along, and the official schemas.

With mcp 2 these are its wire models of 2026-07-28 and 2025-11-25, with mcp 1 its models of 2025-11-25. The JSON Schemas of
the specification are used as well where they lie beside the repository, in ../shared/schemas; nothing needs them.
"""

import functools
import importlib.metadata
import json
import pathlib
import re

import jsonschema

MCP_MAJOR = int(importlib.metadata.version("mcp").split(".")[0])
ERA = "2026-07-28" if MCP_MAJOR >= 2 else "2025-11-25"
ERAS = ("2026-07-28", "2025-11-25") if MCP_MAJOR >= 2 else ("2025-11-25",)

SCHEMAS = pathlib.Path(__file__).resolve().parents[2].parent / "shared" / "schemas"

# What the schemas call the result of each method.
DEFINITIONS = {
    "initialize": "InitializeResult",
    "server/discover": "DiscoverResult",
    "tools/list": "ListToolsResult",
    "tools/call": "CallToolResult",
    "resources/list": "ListResourcesResult",
    "resources/templates/list": "ListResourceTemplatesResult",
    "resources/read": "ReadResourceResult",
    "completion/complete": "CompleteResult",
}

# What the schema of 2025-11-25 calls the results for tasks, and that of the extension for 2026-07-28.
TASK_DEFINITIONS = {
    "2025-11-25": {
        "tasks/get": "GetTaskResult",
        "tasks/result": "CallToolResult",
        "tasks/list": "ListTasksResult",
        "tasks/cancel": "CancelTaskResult",
        "created": "CreateTaskResult",
    },
    "2026-07-28": {
        "tasks/get": "GetTaskResult",
        "tasks/update": "UpdateTaskResult",
        "tasks/cancel": "CancelTaskResult",
        "created": "CreateTaskResult",
    },
}

NOTIFICATIONS = {
    "notifications/progress": "ProgressNotification",
    "notifications/message": "LoggingMessageNotification",
    "notifications/tasks/status": "TaskStatusNotification",
    "notifications/resources/updated": "ResourceUpdatedNotification",
    "notifications/resources/list_changed": "ResourceListChangedNotification",
    "notifications/subscriptions/acknowledged": "SubscriptionsAcknowledgedNotification",
    "notifications/cancelled": "CancelledNotification",
}

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def message(line):
    """One line from the server as a message: UTF-8, JSON, without duplicate keys."""
    assert line.endswith(b"\n"), "the line has no end"
    value = json.loads(line.decode("utf-8"), object_pairs_hook=unique)
    assert isinstance(value, dict) and value.get("jsonrpc") == "2.0", "no JSON-RPC 2.0"
    return value


def unique(pairs):
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), f"duplicate keys: {keys}"
    return dict(pairs)


def compiled(schema):
    """A schema of a tool, checked itself."""
    return compiled_text(json.dumps(schema))


@functools.cache
def compiled_text(text):
    schema = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def check(era, method, message, output_schema=None):
    """Raises whatever is wrong with an answer of the server.

    method: that of the request which it answers; None: no request could be read.
    output_schema: that of the tool which was called.
    """
    if method in ("server/discover", "initialize", "tools/list") and "result" in message:
        # Long, and the same from every server: once is enough.
        return check_once(era, method, json.dumps(message | {"id": 1}))
    check_whole(era, method, message, output_schema)


@functools.cache
def check_once(era, method, text):
    check_whole(era, method, json.loads(text))


def check_whole(era, method, message, output_schema=None):
    check_envelope(era, message)
    check_schema(era, "JSONRPCMessage", message)
    if "error" in message:
        assert message["error"]["message"] and not CONTROL.search(message["error"]["message"])
        return
    result = message["result"]
    if method == "tools/call" and ("task" in result or result.get("resultType") == "task"):
        method = "created"
    if method in TASK_DEFINITIONS[era]:
        return check_task_result(era, method, result, output_schema)
    check_result(era, method, result)
    if method == "tools/call" and result.get("resultType") == "input_required":
        check_schema(era, "InputRequiredResult", result)
        assert result["requestState"] and list(result["inputRequests"]) == ["approve"]
        return check_question(era, result["inputRequests"]["approve"])
    if method in DEFINITIONS:
        check_schema(era, DEFINITIONS[method], result)
    if method == "tools/call":
        check_call(result, output_schema)


def check_task_result(era, method, result, output_schema):
    """Tasks are in the models of neither era of mcp 2; in mcp 1 they are."""
    if method == "tasks/result":
        check_call(result, output_schema)
        assert result["_meta"]["io.modelcontextprotocol/related-task"]["taskId"]
    elif era == "2026-07-28":
        assert result["resultType"] == ("task" if method == "created" else "complete")
        if "result" in result:
            assert result["status"] == "completed"
            check_call(result["result"], output_schema)
            check_result(era, "tools/call", result["result"])
    elif MCP_MAJOR < 2:
        TASK_RESULTS[method].model_validate(result)
    name = TASK_DEFINITIONS[era][method]
    check_schema(era, name, result, extension=era == "2026-07-28")


def check_question(era, request):
    """Raises whatever is wrong with a question to the person at the client, be it a request or a part of a result."""
    if "id" in request:
        check_schema(era, "JSONRPCMessage", request)
        check_request_model(era, request)
    check_schema(era, "ElicitRequest", request)
    message = request["params"]["message"]
    assert message and not CONTROL.search(message.replace("\n", "")), message
    jsonschema.Draft202012Validator.check_schema(request["params"]["requestedSchema"])


def check_notification(era, message):
    """Raises whatever is wrong with a notification of the server."""
    check_schema(era, "JSONRPCMessage", message)
    if message["method"] == "notifications/tasks":
        # Of the extension, which the models of mcp have not.
        return check_schema(era, "TaskStatusNotification", message, extension=True)
    check_schema(era, NOTIFICATIONS[message["method"]], message)
    if message["method"] != "notifications/tasks/status" or MCP_MAJOR < 2:
        check_notification_model(era, message)
    text = message.get("params", {}).get("message")
    assert text is None or text and not CONTROL.search(text) and len(text) < 200


def check_call(result, output_schema):
    """A model that is shown only one half of the result sees everything all the same."""
    if output_schema:
        output_schema.validate(result["structuredContent"])
    texts = [block["text"] for block in result["content"]]
    assert texts and all(texts), "there is no text"
    for text in texts:
        assert not CONTROL.search(text), f"control characters in {text[:200]!r}"
    structured = result["structuredContent"]
    if result["isError"]:
        assert structured.get("reason") or structured.get("status") in ("exited", "signaled"), structured
    output = structured.get("output")
    if output and output["text"]:
        assert output["text"] in "\n".join(texts), "the text leaves output out"
        if output["encoding"] == "text":
            assert not CONTROL.search(output["text"])


if MCP_MAJOR >= 2:
    import mcp_types._v2025_11_25 as v2025
    import mcp_types._v2026_07_28 as v2026
    from mcp_types import methods

    def check_envelope(era, message):
        of = v2026 if era == "2026-07-28" else v2025
        (of.JSONRPCErrorResponse if "error" in message else of.JSONRPCResultResponse).model_validate(message)

    def check_result(era, method, result):
        methods.validate_server_result(method, era, result)

    def check_request_model(era, message):
        methods.parse_server_request(message["method"], era, message["params"])

    def check_notification_model(era, message):
        methods.parse_server_notification(message["method"], era, message.get("params"))

else:
    from mcp import types

    RESULTS = {
        "initialize": types.InitializeResult,
        "tools/list": types.ListToolsResult,
        "tools/call": types.CallToolResult,
        "ping": types.EmptyResult,
        "logging/setLevel": types.EmptyResult,
        "completion/complete": types.CompleteResult,
        "resources/subscribe": types.EmptyResult,
        "resources/unsubscribe": types.EmptyResult,
        "resources/list": types.ListResourcesResult,
        "resources/templates/list": types.ListResourceTemplatesResult,
        "resources/read": types.ReadResourceResult,
    }

    def check_envelope(era, message):
        if "id" not in message:  # which its model does not know, and the specification does
            types.ErrorData.model_validate(message["error"])
        else:
            types.JSONRPCMessage.model_validate(message)

    TASK_RESULTS = {
        "created": types.CreateTaskResult,
        "tasks/get": types.GetTaskResult,
        "tasks/list": types.ListTasksResult,
        "tasks/cancel": types.CancelTaskResult,
    }

    def check_result(era, method, result):
        RESULTS[method].model_validate(result)

    def check_request_model(era, message):
        types.ServerRequest.model_validate({key: message[key] for key in ("method", "params")})

    def check_notification_model(era, message):
        types.ServerNotification.model_validate({key: message[key] for key in ("method", "params") if key in message})


def check_schema(era, definition, value, extension=False):
    validator = schema("tasks" if extension else era, definition)
    if validator:
        validator.validate(value)


@functools.cache
def schema(era, definition):
    path = SCHEMAS / ("ext-tasks-draft.schema.json" if era == "tasks" else f"mcp-{era}.schema.json")
    if not path.exists():
        return None
    document = json.loads(path.read_text())
    assert definition in document["$defs"], f"{path.name} has no {definition}"
    return jsonschema.Draft202012Validator(document | {"$ref": f"#/$defs/{definition}"})
