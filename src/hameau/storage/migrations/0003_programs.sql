-- Programs come in: keys for them. Programs help: services that run models for us.

create table api_keys (
    id text primary key,
    name text not null unique,               -- what the person calls the program: "Nextcloud", "téléphone"
    hint text not null,                      -- the first signs of the key, to tell keys apart
    hash blob not null unique,               -- SHA-256 of the key: it is 256 random bits, so nothing slower is needed
    scopes text not null,                    -- JSON array: chat, read, admin
    created_at text not null,
    expires_at text not null default '',     -- empty: until it is taken back
    last_used_at text not null default ''
) strict;

create table services (
    id text primary key,                     -- its name, the first part of its models' names
    kind text not null,                      -- ollama, openai
    url text not null,
    connection text not null,                -- the Connection of the perimeter that it is reached under
    secret text not null default '',         -- the key it asks for
    added_at text not null,
    models text not null default '[]'        -- JSON array: the models it had when it was last asked
) strict;
