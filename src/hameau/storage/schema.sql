CREATE TABLE conversations (
    id text primary key,
    space text not null references spaces (id),
    title text not null default '',
    created_at text not null,
    updated_at text not null
) strict;

CREATE TABLE documents (
    id integer primary key autoincrement,
    source_id text not null references sources (id),
    space text not null references spaces (id),
    uri text not null,
    title text not null default '',
    state text not null default 'pending' check (state in ('pending', 'indexed', 'failed')),
    media_type text not null default '',
    language text not null default '',
    size integer not null default 0,
    modified_at text not null default '',
    fingerprint text not null default '',   -- as listed; differs when the content may have changed
    content_hash text not null default '',  -- of the content whose passages are stored
    pages integer,
    passages integer not null default 0,
    reason text,                            -- why it failed or what is doubtful: a gettext id, its hint and their fields
    hint text,
    reason_fields text not null default '{}',
    updated_at text not null,
    unique (source_id, uri)
) strict;

CREATE TABLE models (
    id text primary key,
    path text not null default '',
    card text not null,                     -- JSON
    added_at text not null
) strict;

CREATE VIRTUAL TABLE passage_index using fts5 (
    title, heading, body,
    content = '', contentless_delete = 1, tokenize = "ascii tokenchars '.-+#='"
);

CREATE VIRTUAL TABLE passage_terms using fts5vocab (passage_index, row);

CREATE TABLE passages (
    id integer primary key autoincrement,   -- never used again, so a vector in memory can't point at another text
    document_id integer not null references documents (id) on delete cascade,
    ordinal integer not null,
    start integer not null,                 -- code points of the document's text
    page integer,
    heading text not null default '[]',     -- JSON array, outermost first
    text text not null,
    unique (document_id, ordinal)
) strict;

CREATE TABLE settings (
    key text primary key,
    value text not null                     -- JSON
) strict;

CREATE TABLE sources (
    number integer primary key autoincrement,
    id text not null unique,
    space text not null references spaces (id),
    kind text not null,
    uri text not null,
    title text not null default '',
    settings text not null default '{}',    -- JSON object, what the adapter of this kind understands
    state text not null default 'new' check (state in ('new', 'syncing', 'ready', 'failed', 'removing')),
    error text,
    error_hint text,
    error_fields text not null default '{}',
    created_at text not null,
    synced_at text,
    sync_wanted integer not null default 1,  -- counts up at each request; a sync that ends clears the number it began with
    unique (space, kind, uri)
) strict;

CREATE TABLE spaces (
    id text primary key,
    title text not null default '',
    created_at text not null
) strict;

CREATE VIRTUAL TABLE turn_index using fts5 (
    question, answer,
    content = '', contentless_delete = 1, tokenize = "ascii tokenchars '.-+#='"
);

CREATE TABLE turns (
    number integer primary key autoincrement,
    id text not null unique,
    conversation_id text not null references conversations (id) on delete cascade,
    asked_at text not null,
    question text not null,                 -- JSON of the question and of the answer as they were
    answer text not null
) strict;

CREATE TABLE vectors (
    number integer primary key autoincrement,  -- grows, so that a reader takes only what is new
    passage_id integer not null references passages (id) on delete cascade,
    embedder_id text not null,
    vector blob not null,                       -- IEEE 754 half precision, little endian, unit length
    unique (passage_id, embedder_id)
) strict;

CREATE INDEX conversations_by_time on conversations (space, updated_at);

CREATE INDEX documents_by_hash on documents (source_id, content_hash);

CREATE INDEX documents_by_state on documents (space, state);

CREATE INDEX turns_by_conversation on turns (conversation_id, number);

CREATE INDEX vectors_by_embedder on vectors (embedder_id, number, passage_id);
