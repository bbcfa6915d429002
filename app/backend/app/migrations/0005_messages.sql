CREATE TABLE messages (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    conversation_id  uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    seq              bigint GENERATED ALWAYS AS IDENTITY,
    role             text NOT NULL CHECK (role IN ('user', 'assistant')),
    content          text NOT NULL,
    status           text NOT NULL CHECK (status IN ('pending', 'ok', 'failed')),
    tool_invocations jsonb,
    model_content    jsonb,
    created_at       timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX messages_conversation_seq_idx ON messages (conversation_id, seq);
