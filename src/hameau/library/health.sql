-- Whether what was stored agrees with itself, and what is put right when it does not (library/health.py).

-- unindexed --
-- passage_index_docsize has a row for each passage that the text index knows (SQLite FTS5, shadow tables).
select count(*) from passages p where not exists (select 1 from passage_index_docsize s where s.id = p.id);

-- index_orphans --
select s.id from passage_index_docsize s where not exists (select 1 from passages p where p.id = s.id) limit :limit;

-- check_index --
insert into passage_index (passage_index) values ('integrity-check');

-- drop_from_index --
delete from passage_index where rowid in (select value from json_each(:ids));

-- empty_index --
insert into passage_index (passage_index) values ('delete-all');

-- forget_text_index --
delete from settings where key = 'text_index';

-- miscounted --
select d.id from documents d
where d.passages <> (select count(*) from passages p where p.document_id = d.id)
    or d.first_passage <> coalesce((select min(p.id) from passages p where p.document_id = d.id), 0);

-- read_again --
-- What lost passages is read again when its source is next looked at; what is merely miscounted is counted.
update documents set state = 'pending', fingerprint = '', content_hash = ''
where state = 'indexed' and passages > (select count(*) from passages p where p.document_id = documents.id);

-- count_passages --
update documents set passages = (select count(*) from passages p where p.document_id = documents.id),
    first_passage = coalesce((select min(p.id) from passages p where p.document_id = documents.id), 0)
where id in (select value from json_each(:ids));

-- vectors_miscounted --
select e.number from embedders e where e.vectors <> (select count(*) from vectors v where v.embedder = e.number);

-- blocks_wrong --
select b.embedder, b.block from vector_blocks b
where b.vectors <> (select count(*) from vectors v where v.embedder = b.embedder
    and v.passage_id >= b.block * 256 and v.passage_id < (b.block + 1) * 256);

-- count_vectors --
update embedders set vectors = (select count(*) from vectors v where v.embedder = embedders.number), stamp = stamp + 1;

-- delete_blocks --
-- They are made again from the vectors when those are next loaded.
delete from vector_blocks where embedder = :embedder and block = :block;

-- sources_alive --
select id from sources where state <> 'removing';

-- sources_stranded --
-- Documents wait to be read, and nothing is asked of their source; one that failed is looked at again by itself.
select distinct d.source_id as id from documents d join sources s on s.id = d.source_id
where d.state = 'pending' and s.state not in ('removing', 'syncing', 'failed')
    and not exists (select 1 from jobs j where j.subject = d.source_id);

-- orphaned_parts --
-- Documents inside a document that is no more, or is of another source.
select d.id, d.source_id from documents d
where d.parent_id is not null
    and not exists (select 1 from documents p where p.id = d.parent_id and p.source_id = d.source_id and p.parent_id is null);

-- drop_part --
delete from documents where id = :id;
