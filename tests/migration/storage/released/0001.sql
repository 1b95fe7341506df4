-- A library as version 0.1 left it: its tables as they were, then rows. Never changed again.

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

-- Rows of every table, as version 1 wrote them. Frozen: what people's files hold does not change with our code.

pragma application_id = 1212239173;
pragma user_version = 1;

insert into spaces (id, title, created_at) values ('atelier', 'L’atelier', '2026-11-02T09:00:00.000Z');
insert into sources (id, space, kind, uri, title, settings, state, error, error_hint, error_fields, created_at, synced_at, sync_wanted) values
    ('src_1', 'home', 'folder', '/home/jeanne/Documents', 'Documents', '{"exclude": ["*.tmp"]}', 'ready', null, null, '{}',
        '2026-11-01T08:00:00.000Z', '2026-11-03T08:00:00.000Z', 0),
    ('src_2', 'atelier', 'folder', '/home/jeanne/Atelier', '', '{}', 'failed', 'This folder can''t be reached right now.',
        'Connect the disk.', '{"path": "/home/jeanne/Atelier"}', '2026-11-02T09:01:00.000Z', null, 2),
    ('src_3', 'home', 'folder', '/home/jeanne/Ancien', '', '{}', 'removing', null, null, '{}',
        '2026-11-02T09:02:00.000Z', null, 0);
insert into documents (source_id, space, uri, title, state, media_type, language, size, modified_at, fingerprint, content_hash,
    pages, passages, reason, hint, reason_fields, updated_at) values
    ('src_1', 'home', '/home/jeanne/Documents/moulin.txt', 'Le moulin', 'indexed', 'text/plain', 'fr', 61,
        '2026-10-01T10:00:00.000Z', '61-1-2', 'c0ffee', null, 2, null, null, '{}', '2026-11-03T08:00:00.000Z'),
    ('src_1', 'home', '/home/jeanne/Documents/scellé.pdf', 'scellé', 'failed', 'application/pdf', '', 900,
        '2026-10-02T10:00:00.000Z', '900-1-3', '', null, 0, 'The file is encrypted.', 'Remove its password.', '{"pages": 3}',
        '2026-11-03T08:00:01.000Z'),
    ('src_2', 'atelier', '/home/jeanne/Atelier/plan.md', 'Plan', 'pending', '', '', 12, '', '12-1-4', '', null, 0, null, null,
        '{}', '2026-11-03T08:00:02.000Z'),
    ('src_3', 'home', '/home/jeanne/Ancien/lettre.txt', 'lettre', 'indexed', 'text/plain', 'fr', 20, '', '20-1-5', 'beef', null,
        1, null, null, '{}', '2026-11-03T08:00:03.000Z');
insert into passages (document_id, ordinal, start, page, heading, text) values
    (1, 0, 0, null, '["Le moulin"]', 'La meule dormante pèse une tonne.'),
    (1, 1, 34, 2, '["Le moulin", "La roue"]', 'La grande roue mesure 4,20 mètres.'),
    (4, 0, 0, null, '[]', 'Chère Jeanne, à bientôt.');
insert into passage_index (rowid, title, heading, body) values
    (1, 'moulin', 'moulin', 'meul dormant pes tonn'),
    (2, 'moulin', 'moulin rou', 'grand rou mesur 4,20 metr'),
    (3, 'lettr', '', 'cher jeann bientot');
insert into vectors (passage_id, embedder_id, vector) values
    (1, 'multilingual-e5-small', zeroblob(768)),
    (2, 'multilingual-e5-small', zeroblob(768));
insert into conversations (id, space, title, created_at, updated_at) values
    ('conv_1', 'home', 'La meule', '2026-11-04T10:00:00.000Z', '2026-11-04T10:00:05.000Z');
insert into turns (id, conversation_id, asked_at, question, answer) values
    ('turn_1', 'conv_1', '2026-11-04T10:00:00.000Z', '{"text": "Combien pèse la meule ?"}', '{"text": "Une tonne."}');
insert into turn_index (rowid, question, answer) values (1, 'combien pes meul', 'tonn');
insert into models (id, path, card, added_at) values
    ('un-modele', '/home/jeanne/un-modele.gguf', '{"id": "un-modele"}', '2026-11-01T08:30:00.000Z');
insert into settings (key, value) values ('text_index', '{"version": 1}');
