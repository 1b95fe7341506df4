-- The hearth: spaces, sources, documents, passages with their text index and vectors, conversations, models, settings.
-- Times are RFC 3339 in UTC. Every row belongs to a space, or to a row that does.

create table spaces (
    id text primary key,
    title text not null default '',
    created_at text not null
) strict;

insert into spaces (id, title, created_at) values ('home', '', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'));

create table sources (
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

create table documents (
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

create index documents_by_state on documents (space, state);
create index documents_by_hash on documents (source_id, content_hash);

create table passages (
    id integer primary key autoincrement,   -- never used again, so a vector in memory can't point at another text
    document_id integer not null references documents (id) on delete cascade,
    ordinal integer not null,
    start integer not null,                 -- code points of the document's text
    page integer,
    heading text not null default '[]',     -- JSON array, outermost first
    text text not null,
    unique (document_id, ordinal)
) strict;

-- Filled with terms that were analysed before (library/analysis.py), joined by spaces: the tokenizer only splits them.
create virtual table passage_index using fts5 (
    title, heading, body,
    content = '', contentless_delete = 1, tokenize = "ascii tokenchars '.-+#='"
);

-- In how many passages each term stands: what makes a term telling.
create virtual table passage_terms using fts5vocab (passage_index, row);

create table vectors (
    number integer primary key autoincrement,  -- grows, so that a reader takes only what is new
    passage_id integer not null references passages (id) on delete cascade,
    embedder_id text not null,
    vector blob not null,                       -- IEEE 754 half precision, little endian, unit length
    unique (passage_id, embedder_id)
) strict;

create index vectors_by_embedder on vectors (embedder_id, number, passage_id);

create table conversations (
    id text primary key,
    space text not null references spaces (id),
    title text not null default '',
    created_at text not null,
    updated_at text not null
) strict;

create index conversations_by_time on conversations (space, updated_at);

create table turns (
    number integer primary key autoincrement,
    id text not null unique,
    conversation_id text not null references conversations (id) on delete cascade,
    asked_at text not null,
    question text not null,                 -- JSON of the question and of the answer as they were
    answer text not null
) strict;

create index turns_by_conversation on turns (conversation_id, number);

create virtual table turn_index using fts5 (
    question, answer,
    content = '', contentless_delete = 1, tokenize = "ascii tokenchars '.-+#='"
);

create table models (
    id text primary key,
    path text not null default '',
    card text not null,                     -- JSON
    added_at text not null
) strict;

create table settings (
    key text primary key,
    value text not null                     -- JSON
) strict;
