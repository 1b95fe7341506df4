-- Every statement of the room library. A statement about many rows is bound to a space, a source or a document.

-- space_there --
select 1 as there from spaces where id = :space;

-- add_source --
insert into sources (id, space, kind, uri, title, settings, created_at)
values (:id, :space, :kind, :uri, :title, :settings, :created_at);

-- source_by_uri --
select id, state from sources where space = :space and kind = :kind and uri = :uri;

-- sources --
select s.*, coalesce(sum(d.documents), 0) as documents, coalesce(sum(d.documents) filter (where d.state = 'failed'), 0) as failed
from sources s left join (
    select source_id, state, count(*) as documents from documents where space = :space group by state, source_id
) d on d.source_id = s.id
where s.space = :space and s.state <> 'removing' group by s.number order by s.created_at, s.id;

-- source --
select s.*,
    (select count(*) from documents d where d.source_id = s.id) as documents,
    (select count(*) from documents d where d.space = s.space and d.state = 'failed' and d.source_id = s.id) as failed
from sources s where s.id = :id and s.state <> 'removing';

-- source_ids --
select id from sources where state <> 'removing' and (not :followed or paused_at = '') order by created_at, id;

-- sources_wanted --
select s.id from sources s join jobs j on j.subject = s.id and j.kind = 'sync'
where s.state <> 'removing' and s.paused_at = '' and j.not_before <= :at order by s.created_at, s.id;

-- at_work --
select exists (
    select 1 from sources s where s.state <> 'removing' and s.paused_at = '' and (
        s.state = 'syncing' or exists (
            select 1 from jobs j where j.subject = s.id and j.kind in ('sync', 'rescan', 'look') and j.not_before <= :at
        )
    )
);

-- begin_sync --
update sources set state = 'syncing' where id = :id and state <> 'removing';

-- source_there --
select 1 as there from sources where id = :id and state <> 'removing';

-- change_source --
update sources set settings = :settings, title = case when :title = '' then title else :title end
where id = :id and state <> 'removing';

-- pause_source --
update sources set paused_at = :at,
    state = case when state <> 'syncing' then state when synced_at is null then 'new' else 'ready' end
where id = :id and state <> 'removing' and paused_at = '';

-- resume_source --
update sources set paused_at = :at where id = :id and state <> 'removing' and paused_at <> '';

-- sources_left_alone --
select id from sources where paused_at <> '' or state = 'removing';

-- sources_followed --
select s.*, 0 as documents, 0 as failed from sources s where s.state <> 'removing' and s.paused_at = ''
order by s.created_at, s.id;

-- memory --
select key, value from source_memory where source_id = :id;

-- remember --
insert into source_memory (source_id, key, value) values (?, ?, ?)
on conflict (source_id, key) do update set value = excluded.value;

-- forget --
delete from source_memory where source_id = ? and key = ?;

-- unfinished --
select 1 from sources s cross join documents d on d.space = s.space and d.state = 'pending' and d.source_id = s.id
where s.id = :id limit 1;

-- note_mounts --
update sources set mounts = :mounts where id = :id and mounts <> :mounts;

-- end_sync --
update sources set state = :state, error = :error, error_hint = :hint, error_fields = :fields, synced_at = :at
where id = :id and state <> 'removing';

-- known --
select id, uri, state, fingerprint, content_hash, size from documents where source_id = :source_id and parent_id is null;

-- known_below --
-- What lies below a folder begins with its URI and a slash; 0 is the sign that follows the slash.
select d.id, d.uri, d.state, d.fingerprint, d.content_hash, d.size
from json_each(:uris) w cross join documents d where d.source_id = :source_id and d.uri = w.value and d.parent_id is null
union select d.id, d.uri, d.state, d.fingerprint, d.content_hash, d.size
from json_each(:uris) w cross join documents d
where d.source_id = :source_id and d.uri > w.value || '/' and d.uri < w.value || '0' and d.parent_id is null;

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

-- other_vectors_there --
select 1 as there from embedders where id <> :embedder_id and vectors > 0 limit 1;

-- newest_passage --
select max(id) from passages;

-- text --
select text from (
    select start, text from passages where document_id = :id union all select start, text from asides where document_id = :id
) order by start;

-- asides --
select start, text from asides where document_id = :id order by start;

-- parts --
select * from documents where parent_id = :id order by id;

-- part_hashes --
select uri, content_hash from documents where parent_id = :id;

-- thread --
select d.* from documents d join documents one on one.id = :id
where d.space = one.space and d.thread = one.thread and one.thread <> ''
    and not exists (select 1 from sources s where s.id = d.source_id and s.state = 'removing')
order by d.dated_at, d.id limit :limit;

-- passages --
select p.* from passages p where p.document_id = :id order by p.ordinal;

-- passage --
select p.* from passages p where p.id = :id;

-- status --
select state, count(*) as documents, coalesce(sum(passages), 0) as passages from documents where space = :space group by state;

-- doubts --
select distinct reason from documents where space = :space and state = 'indexed' and reason is not null order by reason limit 5;

-- embedded_passages --
-- Of the newest embedder. Counted one by one only where another space has some of them.
select case when not exists (select 1 from sources where space <> :space)
    then coalesce((select vectors from embedders order by number desc limit 1), 0)
    else (
        select count(*) from vectors v join passages p on p.id = v.passage_id join documents d on d.id = p.document_id
        where d.space = :space and v.embedder = (select max(number) from embedders)
    )
end;

-- without_vectors --
select p.id, p.heading, p.text, d.title from passages p join documents d on d.id = p.document_id
    left join vectors v on v.passage_id = p.id and v.embedder = (select number from embedders where id = :embedder_id)
where v.passage_id is null and p.id > :after
    and (select count(*) from passages) > coalesce((select vectors from embedders where id = :embedder_id), 0)
order by p.id limit :limit;

-- term_counts --
-- In how many passages of the whole library each term stands; a term that stands nowhere has no row.
select t.term, t.doc from json_each(:terms) j join passage_terms t on t.term = j.value

-- passage_total --
select count(*) from passages

-- rebase_sources --
update sources set uri = :after || substr(uri, length(:before) + 1)
where uri = :before or substr(uri, 1, length(:before) + 1) = :before || '/';

-- rebase_documents --
update documents set uri = :after || substr(uri, length(:before) + 1)
where substr(uri, 1, length(:before) + 1) = :before || '/';
