"""One turn of a conversation: what the user says is stored, the model and its tools work, the answer is stored.

No transaction is open while the model works. Every replica can serve every turn, because all state is in the database.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import psycopg

from app.chat import conversations, messages
from app.chat.agent import Answer, run_agent
from app.chat.conversations import LeaseLostError
from app.chat.gemini import Gemini
from app.chat.history import MESSAGES_AT_MOST, Contents, build_history
from app.chat.instructions import instructions
from app.chat.messages import Invocation, Message
from app.chat.model_errors import DeadlineError, ModelError
from app.chat.model_reply import FunctionCall, Reply
from app.chat.summary import what_was_done
from app.chat.tools import TOOLS, Toolbox
from app.database import Connection, Database
from app.logs import log
from app.tasks import UnknownUserError

logger = logging.getLogger(__name__)

LEASE_MARGIN_S = 5.0
"""A lease outlives the deadline of its turn by this time, in which the end of the turn is stored."""

LEASE_POLL_S = 0.25


class UnknownConversationError(Exception):
    """The user has no such conversation."""


class ConversationBusyError(Exception):
    """Another turn has worked on the conversation all the time."""


class TurnFailedError(Exception):
    """The turn was stored and ended without an answer of the model."""

    def __init__(self, conversation_id: UUID, cause: ModelError) -> None:
        """``cause`` says what to answer."""
        super().__init__(str(cause))
        self.conversation_id = conversation_id
        self.cause = cause


@dataclass(frozen=True)
class Turn:
    """A turn that has begun: its lease, the stored message, the history with it, and the tools of its user."""

    conversation_id: UUID
    lease_id: UUID
    message_id: UUID
    history: Contents
    toolbox: Toolbox


class Chat:
    """Runs turns. Times are seconds; ``deadline`` is a moment of the monotonic clock."""

    def __init__(self, database: Database, model: Gemini, *, deadline_s: float, max_rounds: int) -> None:
        """``deadline_s`` bounds one turn, waiting for another turn included."""
        self._database = database
        self._model = model
        self._deadline_s = deadline_s
        self._max_rounds = max_rounds

    async def turn(self, user_id: UUID, text: str, conversation_id: UUID | None) -> tuple[UUID, Message, str]:
        """Answer a message, in a new conversation if no id is given.

        Returns the id of the conversation, the answer and its outcome. Raises UnknownConversationError,
        UnknownUserError, ConversationBusyError or TurnFailedError.
        """
        deadline = time.monotonic() + self._deadline_s
        turn = await self._begin(user_id, text, conversation_id, deadline)
        try:
            answer = await self._work(turn, deadline)
            return turn.conversation_id, await self._finish(turn, answer), answer.outcome
        except ModelError as problem:
            await self._fail(turn)
            raise TurnFailedError(turn.conversation_id, problem) from None
        except LeaseLostError:
            # Somebody has deleted the conversation, or this process was stopped for so long that the turn counts
            # as failed; what it did is recorded.
            async with self._database.connection() as connection:
                if not await conversations.exists(connection, user_id, turn.conversation_id):
                    raise UnknownConversationError from None
            raise TurnFailedError(turn.conversation_id, DeadlineError("the lease is lost")) from None
        except Exception:
            await self._fail(turn)
            raise

    async def _begin(self, user_id: UUID, text: str, conversation_id: UUID | None, deadline: float) -> Turn:
        while True:
            async with self._database.transaction() as connection:
                turn = await self._try_begin(connection, user_id, text, conversation_id)
            if turn is not None:
                return turn
            if time.monotonic() + LEASE_POLL_S >= deadline:
                raise ConversationBusyError
            await asyncio.sleep(LEASE_POLL_S)

    async def _try_begin(
        self, connection: Connection, user_id: UUID, text: str, conversation_id: UUID | None
    ) -> Turn | None:
        if conversation_id is None:
            conversation_id = await conversations.create(connection, user_id, text)
            if conversation_id is None:
                raise UnknownUserError
        life_s = self._deadline_s + LEASE_MARGIN_S
        lease_id = await conversations.take_lease(connection, user_id, conversation_id, life_s)
        if lease_id is None:
            if not await conversations.exists(connection, user_id, conversation_id):
                raise UnknownConversationError
            return None
        await close_unfinished(connection, conversation_id)
        stored = await messages.newest_ok(connection, conversation_id, MESSAGES_AT_MOST - 1)
        listed = await messages.last_listed(connection, conversation_id)
        message_id = await messages.add_user(connection, conversation_id, text)
        history = build_history(stored, text, self._model.model)
        return Turn(conversation_id, lease_id, message_id, history, Toolbox(user_id, listed))

    async def _work(self, turn: Turn, deadline: float) -> Answer:
        told = instructions(datetime.now(UTC))
        declarations = [tool.declaration() for tool in TOOLS.values()]

        async def ask(contents: Contents) -> Reply:
            return await self._model.generate(contents, instructions=told, declarations=declarations, deadline=deadline)

        async def call_tool(call: FunctionCall) -> Invocation:
            try:
                async with asyncio.timeout(deadline - time.monotonic()):
                    return await self._call_tool(turn, call)
            except TimeoutError:
                raise DeadlineError("the tools take too long") from None

        return await run_agent(ask, call_tool, turn.history, self._max_rounds)

    async def _call_tool(self, turn: Turn, call: FunctionCall) -> Invocation:
        async with self._database.transaction() as connection:
            await conversations.hold_lease(connection, turn.conversation_id, turn.lease_id)
            result = await turn.toolbox.call(connection, call.name, call.args)
            invocation = Invocation(tool_name=call.name, parameters=call.args, result=result)
            await messages.record(connection, turn.message_id, invocation)
        name = call.name if call.name in TOOLS else "unknown"
        outcome = result["error"]["code"] if "error" in result else result.get("status", "listed")
        ids = {"conversation_id": str(turn.conversation_id), "task_id": result.get("task_id")}
        log(logger, logging.INFO, "tool called", tool=name, outcome=outcome, **ids)
        return invocation

    async def _finish(self, turn: Turn, answer: Answer) -> Message:
        async with self._database.transaction() as connection:
            await conversations.drop_lease(connection, turn.conversation_id, turn.lease_id)
            [(message_id, done)] = await messages.unfinished(connection, turn.conversation_id)
            await messages.settle(connection, message_id, "ok")
            replay = {"model": self._model.model, "contents": answer.contents}
            return await messages.add_assistant(
                connection, turn.conversation_id, answer.text, done, status="ok", model_content=replay
            )

    async def _fail(self, turn: Turn) -> None:
        try:
            async with self._database.transaction() as connection:
                await conversations.drop_lease(connection, turn.conversation_id, turn.lease_id)
                await close_unfinished(connection, turn.conversation_id)
        except (LeaseLostError, psycopg.Error):
            # The lease runs out by itself, and the next turn closes this one.
            log(logger, logging.WARNING, "turn left open", conversation_id=str(turn.conversation_id))


async def close_unfinished(connection: Connection, conversation_id: UUID) -> None:
    """Mark turns without an answer as failed, and tell in the conversation what they had changed."""
    for message_id, done in await messages.unfinished(connection, conversation_id):
        await messages.settle(connection, message_id, "failed")
        changes = what_was_done(done)
        if changes:
            text = " ".join(["I could not finish my answer.", *changes])
            await messages.add_assistant(connection, conversation_id, text, done, status="failed", model_content=None)
