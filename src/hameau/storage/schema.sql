CREATE TRIGGER first_passage after insert on passages when new.ordinal = 0 begin
    update documents set first_passage = new.id where id = new.document_id;
end;

CREATE TRIGGER jobs_of_source after delete on sources begin
    delete from jobs where subject = old.id;
end;

CREATE TRIGGER vector_counted after insert on vectors begin
    update embedders set vectors = vectors + 1 where number = new.embedder;
end;

CREATE TRIGGER vector_gone after delete on vectors begin
    update embedders set vectors = vectors - 1, stamp = stamp + 1 where number = old.embedder;
    update vector_blocks set
        stamp = (select e.stamp from embedders e where e.number = old.embedder),
        vectors = vectors - 1,
        scales = case vectors when 1 then x'' else cast(
            substr(scales, 1, 4 * (old.passage_id & 255)) || zeroblob(4) || substr(scales, 4 * (old.passage_id & 255) + 5)
        as blob) end,
        codes = case vectors when 1 then x'' else cast(
            substr(codes, 1, length(codes) / 256 * (old.passage_id & 255)) || zeroblob(length(codes) / 256)
            || substr(codes, length(codes) / 256 * ((old.passage_id & 255) + 1) + 1)
        as blob) end
    where embedder = old.embedder and block = old.passage_id >> 8;
end;

CREATE TABLE api_keys (
    id text primary key,
    name text not null unique,               -- what the person calls the program: "Nextcloud", "téléphone"
    hint text not null,                      -- the first signs of the key, to tell keys apart
    hash blob not null unique,               -- SHA-256 of the key: it is 256 random bits, so nothing slower is needed
    scopes text not null,                    -- JSON array: chat, read, admin
    created_at text not null,
    expires_at text not null default '',     -- empty: until it is taken back
    last_used_at text not null default ''
) strict;

CREATE TABLE asides (
    document_id integer not null references documents (id) on delete cascade,
    start integer not null,                  -- code points of the document's text
    text text not null,
    primary key (document_id, start)
) strict, without rowid;

CREATE TABLE conversations (
    id text primary key,
    space text not null references spaces (id),
    title text not null default '',
    created_at text not null,
    updated_at text not null
) strict;

CREATE TABLE document_links (
    document_id integer not null references documents (id) on delete cascade,
    target text not null,                    -- as it was written
    name text not null,                      -- its last part as names are compared, without folders, ending and case
    primary key (document_id, target)
) strict, without rowid;

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
    updated_at text not null, kind text not null default '', dated_at text not null default '', authors text not null default '', first_passage integer not null default 0, parent_id integer, link text not null default '', thread text not null default '',
    unique (source_id, uri)
) strict;

CREATE TABLE embedders (
    number integer primary key,
    id text not null unique,
    vectors integer not null default 0,
    stamp integer not null default 0         -- goes up with each change of its blocks
) strict;

CREATE TABLE exclusions (
    source_id text not null references sources (id) on delete cascade,
    place text not null,
    content text not null, parent_id integer,
    primary key (source_id, place)
) strict;

CREATE TABLE jobs (
    number integer primary key autoincrement,
    kind text not null,
    subject text not null default '',        -- what it is about: the id of a source…
    detail text not null default '{}',       -- JSON object that this kind of job understands
    asked integer not null default 1,        -- counts up at each request; a job that ends goes only when nobody asked meanwhile
    asked_at text not null,
    not_before text not null default '',     -- a job that was put off waits until then
    tries integer not null default 0,
    error text,                              -- why it was put off: a gettext id, its hint and their fields
    error_hint text,
    error_fields text not null default '{}',
    unique (kind, subject)
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

CREATE TABLE services (
    id text primary key,                     -- its name, the first part of its models' names
    kind text not null,                      -- ollama, openai
    url text not null,
    connection text not null,                -- the Connection of the perimeter that it is reached under
    secret text not null default '',         -- the key it asks for
    added_at text not null,
    models text not null default '[]'        -- JSON array: the models it had when it was last asked
) strict;

CREATE TABLE settings (
    key text primary key,
    value text not null                     -- JSON
) strict;

CREATE TABLE source_memory (
    source_id text not null references sources (id) on delete cascade,
    key text not null,
    value text not null,
    primary key (source_id, key)
) strict, without rowid;

CREATE TABLE source_secrets (
    source_id text primary key references sources (id) on delete cascade,
    secret text not null
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
    synced_at text, mounts text not null default '[]', paused_at text not null default '',  -- counts up at each request; a sync that ends clears the number it began with
    unique (space, kind, uri)
) strict;

CREATE TABLE spaces (
    id text primary key,
    title text not null default '',
    created_at text not null
) strict;

CREATE TABLE turn_documents (
    document_id integer not null,
    number integer not null references turns (number) on delete cascade,
    primary key (document_id, number)
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

CREATE TABLE vector_blocks (
    embedder integer not null references embedders (number),
    block integer not null,                  -- its first passage has the id 256 * block
    stamp integer not null,                  -- a reader takes the blocks that are newer than what it has
    vectors integer not null,
    scales blob not null,                    -- 256 float32; 0 where there is no vector
    codes blob not null,                     -- 256 rows of int8: a vector is its codes times its scale; empty when all are gone
    primary key (embedder, block)
) strict;

CREATE TABLE vectors (
    passage_id integer not null references passages (id) on delete cascade,
    embedder integer not null references embedders (number),
    vector blob not null,                    -- IEEE 754 half precision, little endian, unit length
    unique (passage_id, embedder)
) strict;

CREATE INDEX conversations_by_time on conversations (space, updated_at);

CREATE INDEX document_links_by_name on document_links (name);

CREATE INDEX documents_by_doubt on documents (space, state, reason) where reason is not null;

CREATE INDEX documents_by_facet on documents (space, kind, language, dated_at, source_id, first_passage, passages);

CREATE INDEX documents_by_hash on documents (source_id, content_hash);

CREATE INDEX documents_by_news on documents (space, dated_at desc, id desc) where kind = 'news';

CREATE INDEX documents_by_news_source on documents (source_id, dated_at desc, id desc) where kind = 'news';

CREATE INDEX documents_by_parent on documents (parent_id) where parent_id is not null;

CREATE INDEX documents_by_state on documents (space, state, source_id, passages);

CREATE INDEX documents_by_thread on documents (space, thread, dated_at) where thread <> '';

CREATE INDEX turn_documents_by_turn on turn_documents (number);

CREATE INDEX turns_by_conversation on turns (conversation_id, number);

CREATE INDEX vector_blocks_by_stamp on vector_blocks (embedder, stamp, vectors);
