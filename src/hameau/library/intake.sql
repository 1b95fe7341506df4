-- Taking documents in: library/intake.py.

-- begin_documents --
insert into documents (source_id, space, uri, title, size, modified_at, fingerprint, updated_at)
select s.id, s.space, i.value ->> 0, i.value ->> 1, i.value ->> 2, i.value ->> 3, i.value ->> 4, :at
from json_each(:items) i join sources s on s.id = :source_id
where true
on conflict (source_id, uri) do update set state = 'pending', size = excluded.size, modified_at = excluded.modified_at,
    fingerprint = excluded.fingerprint, updated_at = excluded.updated_at,
    title = case when content_hash = '' then excluded.title else title end,
    content_hash = case when parent_id is null then content_hash else '' end, parent_id = null
returning *;

-- some_documents --
select d.* from json_each(:ids) wanted cross join documents d on d.id = wanted.value;

-- keep_document --
update documents set state = 'indexed', reason = null, hint = null, reason_fields = '{}', updated_at = :at where id = :id;

-- write_document --
update documents set state = 'indexed', title = :title, language = :language, media_type = :media_type, kind = :kind,
    dated_at = :dated_at, authors = :authors, pages = :pages, passages = :passages, content_hash = :content_hash,
    reason = :reason, hint = null, reason_fields = '{}', link = :link, thread = :thread, updated_at = :at
where id = :id;

-- fail_document --
update documents set state = 'failed', reason = :reason, hint = :hint, reason_fields = :fields, passages = 0,
    content_hash = '', pages = null, kind = :kind, dated_at = modified_at, authors = '', link = '', thread = '', updated_at = :at
where id = :id;

-- parts_of --
select d.id, d.parent_id, d.uri, d.content_hash, d.title, d.dated_at, d.authors, d.link, d.thread
from json_each(:ids) wanted cross join documents d on d.parent_id = wanted.value;

-- add_parts --
-- What stands at such a place already is another document: it is left alone.
insert into documents (source_id, space, uri, title, state, size, modified_at, parent_id, updated_at)
select d.source_id, d.space, i.value ->> 1, i.value ->> 2, 'indexed', i.value ->> 3, d.modified_at, d.id, :at
from json_each(:parts) i join documents d on d.id = i.value ->> 0
where true
on conflict (source_id, uri) do nothing
returning id, source_id, uri;

-- name_part --
update documents set title = :title, dated_at = :dated_at, authors = :authors, link = :link, thread = :thread, updated_at = :at
where id = :id;

-- move_part --
update documents set uri = ?, updated_at = ? where id = ?;

-- add_aside --
insert into asides (document_id, start, text) values (?, ?, ?);

-- add_link --
insert or ignore into document_links (document_id, target, name) values (?, ?, ?);

-- park_document --
-- Out of the way of the others that move with it: one may be about to take its place.
update documents set uri = 'moving:' || id where id = ?;

-- move_document --
update documents set uri = :uri, title = :title, kind = :kind, modified_at = :modified_at, fingerprint = :fingerprint, updated_at = :at
where id = :id;

-- note_kind --
update documents set kind = :kind where id = :id;

-- text_index --
select value from settings where key = 'text_index';

-- note_text_index --
insert into settings (key, value) values ('text_index', :value) on conflict (key) do update set value = excluded.value;

-- documents_after --
select id from documents where id > :after order by id limit :limit;

-- last_passage_id --
select max(coalesce((select max(id) from passages), 0),
    coalesce((select seq from sqlite_sequence where name = 'passages'), 0));

-- add_passage --
insert into passages (id, document_id, ordinal, start, page, heading, text) values (?, ?, ?, ?, ?, ?, ?);

-- index_passage --
insert into passage_index (rowid, title, heading, body) values (?, ?, ?, ?);
