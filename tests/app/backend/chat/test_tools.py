"""What each tool does with what a model may send, through whole turns with a scripted model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from app.chat.tools import TOOLS

from tests.app.backend.chat.conftest import calls, says

if TYPE_CHECKING:
    from tests.app.backend.chat.conftest import Model
    from tests.app.backend.conftest import Backend, User

CHANGING = ("complete_task", "delete_task", "update_task")


class Hands:
    """Lets the model call tools for a user, all in one conversation."""

    def __init__(self, model: Model, user: User) -> None:
        self.model, self.user = model, user
        self._conversation: str | None = None

    def call(self, name: str, **args: Any) -> dict[str, Any]:
        self.model.will(says(calls(name, **args)), says("Done."))
        answer = self.user.chat("please", self._conversation)
        self._conversation = answer["conversation_id"]
        [invocation] = answer["tool_invocations"]
        assert (invocation["tool_name"], invocation["parameters"]) == (name, args)
        result: dict[str, Any] = invocation["result"]
        return result

    def code(self, name: str, **args: Any) -> str:
        return str(self.call(name, **args)["error"]["code"])

    def state(self) -> list[tuple[str, str | None, str | None, bool]]:
        listed = self.user.client.get("/api/tasks", params={"order": "asc"}).json()["tasks"]
        return [(task["title"], task["description"], task["due_date"], task["completed"]) for task in listed]


@pytest.fixture
def hands(model: Model, scripted_user: User) -> Hands:
    """The tools in the hands of a scripted model."""
    return Hands(model, scripted_user)


def test_names_and_schemas_are_what_the_api_accepts() -> None:
    assert list(TOOLS) == ["add_task", "list_tasks", "complete_task", "delete_task", "update_task"]
    for tool in TOOLS.values():
        declaration = tool.declaration()
        assert set(declaration) == {"name", "description", "parametersJsonSchema"}
        schema = declaration["parametersJsonSchema"]
        assert (schema["type"], schema["additionalProperties"]) == ("object", False)
        assert "user" not in str(schema["properties"].keys())


@pytest.mark.parametrize("tool", TOOLS)
def test_what_is_told_is_what_is_read(tool: str) -> None:
    arguments = TOOLS[tool].arguments
    assert set(arguments.PROPERTIES) == set(arguments.model_fields)
    assert set(arguments.schema_for_model().get("required", [])) <= set(arguments.PROPERTIES)


def test_add_with_everything(hands: Hands) -> None:
    hands.call("add_task", title=" run ", description="ten km", due_date="2026-12-01")
    hands.call("add_task", title="rest", description=None, due_date="")
    assert hands.state() == [
        ("run", "ten km", "2026-12-01T00:00:00Z", False),
        ("rest", None, None, False),
    ]


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("add_task", {}),
        ("add_task", {"title": " "}),
        ("add_task", {"title": "x" * 201}),
        ("add_task", {"title": "a\nb"}),
        ("add_task", {"title": "a", "due_date": "tomorrow"}),
        ("add_task", {"title": "a", "due_date": "2026-12-01T10:00:00"}),
        ("add_task", {"title": "a", "user_id": "b"}),
        ("add_task", {"title": ["a"]}),
        ("list_tasks", {"status": "some"}),
        ("complete_task", {}),
        ("complete_task", {"title": "", "task_id": None}),
        ("complete_task", {"title": "a", "position": 1}),
        ("complete_task", {"position": "first"}),
        ("delete_task", {"position": 1.5}),
        ("update_task", {"title": "buy milk"}),
        ("update_task", {"title": "buy milk", "new_title": " ", "new_due_date": None}),
        ("update_task", {"new_title": "buy milk"}),
    ],
)
def test_bad_arguments_are_a_result_without_an_effect(hands: Hands, name: str, args: dict[str, Any]) -> None:
    hands.user.task("buy milk")
    before = hands.state()
    assert hands.code(name, **args) == "INVALID_ARGUMENTS"
    assert hands.state() == before


def test_unknown_tool_is_a_result(hands: Hands) -> None:
    result = hands.call("drop_database", table="users")
    assert result["error"]["code"] == "UNKNOWN_TOOL"


def test_update_changes_what_is_given_and_clears_what_is_empty(hands: Hands) -> None:
    hands.user.task("run", description="ten km", due_date="2026-12-01")
    hands.call("update_task", title="run", new_title="walk")
    assert hands.state() == [("walk", "ten km", "2026-12-01T00:00:00Z", False)]
    hands.call("update_task", title="walk", new_description="", new_due_date="")
    assert hands.state() == [("walk", None, None, False)]
    hands.call("update_task", title="walk", new_description="slowly", new_due_date="2027-01-01T00:00:00+01:00")
    assert hands.state() == [("walk", "slowly", "2026-12-31T23:00:00Z", False)]


def test_completing_twice_is_the_same(hands: Hands) -> None:
    hands.user.task("run")
    assert hands.call("complete_task", title="run") == hands.call("complete_task", title="run")
    assert hands.state() == [("run", None, None, True)]


@pytest.mark.parametrize(
    "reference", ["{id}", " {ID} ", "Team  MEETING", "team meeting ", "MEET", "\uff54\uff45\uff41\uff4d"]
)
@pytest.mark.parametrize("key", ["task_id", "title"])
def test_a_task_is_found_by_id_title_and_part_of_a_title(hands: Hands, key: str, reference: str) -> None:
    task = hands.user.task("Team Meeting")
    hands.user.task("call dad")
    found = hands.call("complete_task", **{key: reference.format(id=task["id"], ID=task["id"].upper())})
    assert found == {"task_id": task["id"], "status": "completed", "title": "Team Meeting"}


def test_a_whole_title_wins_over_a_part(hands: Hands) -> None:
    hands.user.task("call"), hands.user.task("call dad")
    assert hands.call("complete_task", title="call")["title"] == "call"


@pytest.mark.parametrize("name", CHANGING)
def test_several_hits_change_nothing(hands: Hands, name: str) -> None:
    tasks = [hands.user.task(f"call {number}", completed=number == 2) for number in range(7)]
    before = hands.state()
    args = {"new_title": "x"} if name == "update_task" else {}
    error = hands.call(name, title="call", **args)["error"]
    assert error["code"] == "AMBIGUOUS"
    assert error["candidates"] == [
        {"id": task["id"], "title": task["title"], "completed": task["completed"]} for task in tasks[:5]
    ]
    assert hands.state() == before


def test_two_equal_titles_are_two_hits(hands: Hands) -> None:
    hands.user.task("same"), hands.user.task("SAME")
    assert hands.code("delete_task", title="same") == "AMBIGUOUS"


@pytest.mark.parametrize("name", CHANGING)
@pytest.mark.parametrize("reference", [{"title": "dentist"}, {"task_id": str(uuid4())}, {"position": 2}])
def test_no_hit_changes_nothing(hands: Hands, name: str, reference: dict[str, Any]) -> None:
    hands.user.task("run")
    hands.call("list_tasks")
    args = {"new_title": "x"} if name == "update_task" else {}
    assert hands.code(name, **reference, **args) == "NOT_FOUND"
    assert hands.state() == [("run", None, None, False)]


@pytest.mark.parametrize("reference", [{"position": 1}, {"title": "1"}, {"task_id": " 1 "}, {"title": "\uff11"}])
def test_a_position_needs_a_list_and_means_that_list(hands: Hands, reference: dict[str, Any]) -> None:
    # The digit in the title is no reason to take the task without a list.
    first = hands.user.task("item 1")
    assert hands.code("complete_task", **reference) == "NO_LIST"
    hands.call("list_tasks", status="pending")
    hands.user.task("newer")
    assert hands.call("complete_task", **reference)["task_id"] == first["id"]
    assert hands.call("delete_task", **reference)["task_id"] == first["id"]
    assert hands.code("delete_task", **reference) == "NOT_FOUND"
    assert hands.state() == [("newer", None, None, False)]


@pytest.mark.parametrize("position", [0, -1, 2, 10**30])
def test_positions_outside_the_list(hands: Hands, position: int) -> None:
    hands.user.task("run")
    hands.call("list_tasks")
    assert hands.code("delete_task", position=position) == "NOT_FOUND"


def test_digits_that_are_a_title_are_that_title(hands: Hands) -> None:
    year = hands.user.task("2027")
    hands.call("list_tasks")
    assert hands.call("complete_task", title="2027")["task_id"] == year["id"]


def test_a_list_of_another_conversation_does_not_count(hands: Hands, model: Model) -> None:
    hands.user.task("run")
    hands.call("list_tasks")
    assert Hands(model, hands.user).code("complete_task", position=1) == "NO_LIST"


def test_the_tools_reach_only_the_users_own_tasks(hands: Hands, scripted: Backend) -> None:
    other = scripted.user()
    task = other.task("secret plan")
    assert hands.code("delete_task", task_id=task["id"]) == "NOT_FOUND"
    assert hands.code("update_task", title="secret plan", new_title="x") == "NOT_FOUND"
    assert hands.call("list_tasks") == {"tasks": [], "count": 0, "truncated": False}
    assert other.titles() == ["secret plan"]


def test_all_calls_of_a_round_go_back_together(model: Model, scripted_user: User) -> None:
    round_of_three = [
        calls("add_task", "fc-a", title="one"),
        {"text": "I do that."},
        {"functionCall": {"name": "list_tasks"}},
        calls("delete_task", "fc-c", title="three"),
    ]
    model.will(says(*round_of_three), says("Done."))
    answer = scripted_user.chat("please")
    assert answer["content"] == "Done."
    said, model_content, results = model.requests[1]["body"]["contents"]
    assert said == {"role": "user", "parts": [{"text": "please"}]}
    assert model_content == {"role": "model", "parts": round_of_three}
    assert results["role"] == "user"
    responses = [part["functionResponse"] for part in results["parts"]]
    assert [(each.get("id"), each["name"]) for each in responses] == [
        ("fc-a", "add_task"),
        (None, "list_tasks"),
        ("fc-c", "delete_task"),
    ]
    assert responses[0]["response"]["output"]["status"] == "created"
    assert responses[1]["response"]["output"]["count"] == 1
    assert responses[2]["response"]["error"]["code"] == "NOT_FOUND"
    assert answer["tool_invocations"][1]["parameters"] == {}


def test_effects_of_other_clients_are_seen(hands: Hands, scripted_user: User) -> None:
    task = scripted_user.task("run")
    hands.call("list_tasks")
    scripted_user.client.delete(f"/api/tasks/{task['id']}")
    assert hands.code("complete_task", position=1) == "NOT_FOUND"


def test_position_may_come_as_a_whole_number_with_a_point(hands: Hands) -> None:
    hands.user.task("run")
    hands.call("list_tasks")
    assert hands.call("complete_task", position=1.0)["title"] == "run"
