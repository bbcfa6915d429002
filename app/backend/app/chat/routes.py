"""Routes of the chat and its conversations. They are mounted twice, with and without a user id (see app.api)."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import psycopg
from fastapi import APIRouter, Response
from pydantic import BaseModel

from app.access import Services, Shared, TokenOwner, unauthenticated
from app.chat import conversations, messages
from app.chat.conversations import Conversation
from app.chat.messages import Invocation, Message
from app.chat.model_errors import NotConfiguredError
from app.chat.turns import ConversationBusyError, TurnFailedError, UnknownConversationError
from app.errors import ApiError, ErrorDetail, error_docs, not_found
from app.paging import PageQuery
from app.tasks import UnknownUserError
from app.text import ChatText, Moment


class ChatMessage(BaseModel):
    """What the user says; without a conversation a new one begins."""

    message: ChatText
    conversation_id: UUID | None = None


class ChatAnswer(BaseModel):
    """What the assistant answers, and what it did for that."""

    conversation_id: UUID
    message_id: UUID
    role: Literal["assistant"]
    content: str
    tool_invocations: list[Invocation] | None
    created_at: Moment


class ConversationPage(BaseModel):
    """One page of conversations and the number of all."""

    conversations: list[Conversation]
    total: int


class MessagePage(BaseModel):
    """One page of messages and the number of all."""

    messages: list[Message]
    total: int


chat_router = APIRouter(tags=["chat"], responses=error_docs(401, 422, 503))

conversation_router = APIRouter(tags=["chat"], responses=error_docs(401, 422, 503))


CHAT_DOCS = error_docs(404, 409, 413, 415, 502, 503, 504, AI_QUOTA_EXCEEDED=429, AI_NOT_CONFIGURED=503)


@chat_router.post("", responses=CHAT_DOCS)
async def chat(body: ChatMessage, owner: TokenOwner, shared: Shared) -> ChatAnswer:
    """Say something to the assistant and wait for its answer."""
    if shared.chat is None:
        count(shared, NotConfiguredError.outcome)
        raise ApiError(503, NotConfiguredError.sentence, NotConfiguredError.code)
    try:
        conversation_id, answer, outcome = await shared.chat.turn(owner.user_id, body.message, body.conversation_id)
    except UnknownUserError:
        raise unauthenticated() from None
    except UnknownConversationError:
        raise not_found("Conversation") from None
    except ConversationBusyError:
        count(shared, "busy")
        raise ApiError(409, "The assistant is still busy with this conversation; try again.") from None
    except TurnFailedError as failed:
        count(shared, failed.cause.outcome)
        raise turn_failed(failed) from None
    except psycopg.OperationalError:
        count(shared, "database")
        raise
    count(shared, outcome)
    return ChatAnswer(
        conversation_id=conversation_id,
        message_id=answer.id,
        role="assistant",
        content=answer.content,
        tool_invocations=answer.tool_invocations,
        created_at=answer.created_at,
    )


@conversation_router.get("")
async def list_conversations(page: PageQuery, owner: TokenOwner, shared: Shared) -> ConversationPage:
    """List conversations, last used first."""
    async with shared.database.connection() as connection:
        found, total = await conversations.select(connection, owner.user_id, page.limit, page.offset)
    return ConversationPage(conversations=found, total=total)


@conversation_router.get("/{conversation_id}/messages", responses=error_docs(404))
async def list_messages(conversation_id: UUID, page: PageQuery, owner: TokenOwner, shared: Shared) -> MessagePage:
    """List the messages of a conversation, oldest first."""
    async with shared.database.connection() as connection:
        if not await conversations.exists(connection, owner.user_id, conversation_id):
            raise not_found("Conversation")
        found, total = await messages.select(connection, conversation_id, page.limit, page.offset)
    return MessagePage(messages=found, total=total)


@conversation_router.delete("/{conversation_id}", status_code=204, responses=error_docs(404))
async def delete_conversation(conversation_id: UUID, owner: TokenOwner, shared: Shared) -> Response:
    """Delete a conversation with its messages. The tasks stay."""
    async with shared.database.connection() as connection:
        if not await conversations.delete(connection, owner.user_id, conversation_id):
            raise not_found("Conversation")
    return Response(status_code=204)


def turn_failed(failed: TurnFailedError) -> ApiError:
    """Return the answer for a turn without one: it names the conversation, which may be new and can be continued."""
    cause = failed.cause
    where = ErrorDetail(field="conversation_id", message=str(failed.conversation_id))
    return ApiError(cause.status, cause.sentence, cause.code, headers=cause.headers(), details=[where])


def count(shared: Services, outcome: str) -> None:
    """Count a turn by its outcome."""
    shared.metrics.turns.add(outcome=outcome)
