-- Everything one has: mail, files elsewhere, feeds, calendars. Documents inside documents, and what a source remembers.

alter table documents add column parent_id integer;                 -- the mail of an attachment, the calendar of an event
alter table documents add column link text not null default '';               -- the same thing outside: an address of the web
alter table documents add column thread text not null default '';             -- what the documents of one conversation share
create index documents_by_parent on documents (parent_id) where parent_id is not null;
create index documents_by_thread on documents (space, thread, dated_at) where thread <> '';
-- What feeds brought, newest first: of a space, of a feed.
create index documents_by_news on documents (space, dated_at desc, id desc) where kind = 'news';
create index documents_by_news_source on documents (source_id, dated_at desc, id desc) where kind = 'news';
-- Mails are read again: their quoted tails and their attachments were kept otherwise.
update documents set fingerprint = '', content_hash = '' where kind = 'mail' or media_type in ('message/rfc822', 'text/calendar', 'text/vcard');

-- Pieces of a document's text that are in no passage: kept to be read, never searched.
create table asides (
    document_id integer not null references documents (id) on delete cascade,
    start integer not null,                  -- code points of the document's text
    text text not null,
    primary key (document_id, start)
) strict, without rowid;

-- What a document points at: names of notes, addresses.
create table document_links (
    document_id integer not null references documents (id) on delete cascade,
    target text not null,                    -- as it was written
    name text not null,                      -- its last part as names are compared, without folders, ending and case
    primary key (document_id, target)
) strict, without rowid;
create index document_links_by_name on document_links (name);
-- A part that a person keeps out: its document is read again when it is let back.
alter table exclusions add column parent_id integer;

alter table sources add column paused_at text not null default '';
-- What each source has and what failed is counted for a page of a thousand of them.
drop index documents_by_state;
create index documents_by_state on documents (space, state, source_id, passages);
create index documents_by_doubt on documents (space, state, reason) where reason is not null;
-- What an adapter remembers from one synchronisation to the next (entity tags, numbers of mailboxes).
create table source_memory (
    source_id text not null references sources (id) on delete cascade,
    key text not null,
    value text not null,
    primary key (source_id, key)
) strict, without rowid;
-- Passwords and tokens of sources, where no keyring and no file has them.
create table source_secrets (
    source_id text primary key references sources (id) on delete cascade,
    secret text not null
) strict;
