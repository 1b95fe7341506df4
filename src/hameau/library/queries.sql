-- Every statement of the room library. A statement about many rows is bound to a space, a source or a document.

-- space_there --
select 1 as there from spaces where id = :space;

-- add_source --
insert into sources (id, space, kind, uri, title, settings, created_at)
values (:id, :space, :kind, :uri, :title, :settings, :created_at);

-- source_by_uri --
select id, state from sources where space = :space and kind = :kind and uri = :uri;

-- sources --
select s.*,
    (select count(*) from documents d where d.source_id = s.id) as documents,
    (select count(*) from documents d where d.source_id = s.id and d.state = 'failed') as failed
from sources s where s.space = :space and s.state <> 'removing' order by s.created_at, s.id;

-- source --
select s.*,
    (select count(*) from documents d where d.source_id = s.id) as documents,
    (select count(*) from documents d where d.source_id = s.id and d.state = 'failed') as failed
from sources s where s.id = :id and s.state <> 'removing';

-- sources_wanted --
select id from sources where sync_wanted > 0 and state <> 'removing' order by created_at, id;

-- want_sync --
update sources set sync_wanted = sync_wanted + 1 where id = :id and state <> 'removing';

-- begin_sync --
update sources set state = 'syncing' where id = :id and state <> 'removing';

-- sync_wanted --
select sync_wanted from sources where id = :id and state <> 'removing';

-- end_sync --
update sources set state = :state, error = :error, error_hint = :hint, error_fields = :fields, synced_at = :at,
    sync_wanted = max(0, sync_wanted - :served)
where id = :id and state <> 'removing';

-- mark_source_removing --
update sources set state = 'removing', sync_wanted = 0 where id = :id and state <> 'removing';

-- sources_removing --
select id from sources where state = 'removing';

-- delete_source --
delete from sources where id = :id;

-- some_documents_of_source --
select id from documents where source_id = :source_id limit :limit;

-- known --
select id, uri, state, fingerprint, content_hash from documents where source_id = :source_id;

-- begin_document --
insert into documents (source_id, space, uri, title, size, modified_at, fingerprint, updated_at)
values (:source_id, (select space from sources where id = :source_id and state <> 'removing'),
    :uri, :title, :size, :modified_at, :fingerprint, :at)
on conflict (source_id, uri) do update set state = 'pending', size = excluded.size, modified_at = excluded.modified_at,
    fingerprint = excluded.fingerprint, updated_at = excluded.updated_at,
    title = case when content_hash = '' then excluded.title else title end
returning id;

-- keep_document --
update documents set state = 'indexed', reason = null, hint = null, reason_fields = '{}', updated_at = :at where id = :id;

-- write_document --
update documents set state = 'indexed', title = :title, language = :language, media_type = :media_type, pages = :pages,
    passages = :passages, content_hash = :content_hash, reason = :reason, hint = :hint, reason_fields = :fields,
    updated_at = :at
where id = :id;

-- fail_document --
update documents set state = 'failed', reason = :reason, hint = :hint, reason_fields = :fields, passages = 0,
    content_hash = '', pages = null, updated_at = :at
where id = :id;

-- move_document --
update documents set uri = :uri, title = :title, modified_at = :modified_at, fingerprint = :fingerprint, updated_at = :at
where id = :id;

-- text_index --
select value from settings where key = 'text_index';

-- note_text_index --
insert into settings (key, value) values ('text_index', :value) on conflict (key) do update set value = excluded.value;

-- documents_after --
select id from documents where id > :after order by id limit :limit;

-- delete_index_of_document --
delete from passage_index where rowid in (select id from passages where document_id = :id);

-- delete_passages --
delete from passages where document_id = :id;

-- delete_document --
delete from documents where id = :id;

-- add_passage --
insert into passages (id, document_id, ordinal, start, page, heading, text) values (?, ?, ?, ?, ?, ?, ?);

-- index_passage --
insert into passage_index (rowid, title, heading, body) values (?, ?, ?, ?);

-- last_passage_id --
select max(coalesce((select max(id) from passages), 0),
    coalesce((select seq from sqlite_sequence where name = 'passages'), 0));

-- document --
select * from documents where id = :id;

-- documents --
select d.* from documents d
where (:space is null or d.space = :space) and (:source_id is null or d.source_id = :source_id)
    and (:state is null or d.state = :state)
    and not exists (select 1 from sources s where s.id = d.source_id and s.state = 'removing')
order by d.title collate nocase, d.id limit :limit offset :offset;

-- pending --
select d.* from documents d join sources s on s.id = d.source_id
where d.state = 'pending' and s.state <> 'removing' and (:source_id is null or d.source_id = :source_id)
order by d.id limit :limit;

-- text --
select text from passages where document_id = :id order by ordinal;

-- passages --
select p.* from passages p where p.document_id = :id order by p.ordinal;

-- passage --
select p.* from passages p where p.id = :id;

-- status --
select state, count(*) as documents, coalesce(sum(passages), 0) as passages from documents where space = :space group by state;

-- doubts --
select distinct reason from documents where space = :space and state = 'indexed' and reason is not null order by reason limit 5;

-- embedded_passages --
select count(*) from vectors v join passages p on p.id = v.passage_id join documents d on d.id = p.document_id
where d.space = :space and v.embedder_id = (select embedder_id from vectors order by number desc limit 1);

-- spaces_in_use --
select space, count(*) as sources from sources group by space;

-- languages --
select distinct language from documents where space = :space and state = 'indexed';

-- search_text --
select p.id, f.rank from (
    select rowid, bm25(passage_index, :title, :heading, :body) as rank from passage_index
    where passage_index match :match order by rank limit :depth
) f join passages p on p.id = f.rowid join documents d on d.id = p.document_id
where d.space = :space order by f.rank;

-- search_text_within --
select p.id, bm25(passage_index, :title, :heading, :body) as rank
from passage_index f join passages p on p.id = f.rowid join documents d on d.id = p.document_id
where passage_index match :match and d.space = :space
    and (:source_id is null or d.source_id = :source_id) and (:document_id is null or d.id = :document_id)
order by rank limit :depth;

-- found --
-- The cross joins keep SQLite from walking all documents of the space.
select p.id, p.document_id, p.start, p.page, p.heading, p.text, d.title, d.uri
from json_each(:ids) wanted cross join passages p on p.id = wanted.value
    cross join documents d on d.id = p.document_id cross join sources s on s.id = d.source_id
where d.space = :space and s.state <> 'removing';

-- source_numbers --
select number, id, space from sources where state <> 'removing';

-- new_vectors --
select v.number, v.passage_id, p.document_id, s.number, v.vector
from vectors v join passages p on p.id = v.passage_id join documents d on d.id = p.document_id
    join sources s on s.id = d.source_id
where v.embedder_id = :embedder_id and v.number > :after order by v.number limit :limit;

-- count_vectors --
select count(*) from vectors where embedder_id = :embedder_id;

-- vector_ids --
select passage_id from vectors where embedder_id = :embedder_id;

-- embedders --
select embedder_id, count(*) as vectors from vectors group by embedder_id;

-- without_vectors --
select p.id, p.heading, p.text, d.title from passages p join documents d on d.id = p.document_id
    left join vectors v on v.passage_id = p.id and v.embedder_id = :embedder_id
where v.number is null and p.id > :after order by p.id limit :limit;

-- add_vector --
insert into vectors (passage_id, embedder_id, vector) select :passage_id, :embedder_id, :vector
where exists (select 1 from passages where id = :passage_id)
on conflict (passage_id, embedder_id) do nothing;

-- delete_other_vectors --
delete from vectors where number in (select number from vectors where embedder_id <> :embedder_id limit :limit);

-- term_counts --
-- In how many passages of the whole library each term stands; a term that stands nowhere has no row.
select t.term, t.doc from json_each(:terms) j join passage_terms t on t.term = j.value

-- passage_total --
select count(*) from passages
