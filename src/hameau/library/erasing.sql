-- What goes, and what must not stay behind: library/erasing.py.

-- mark_source_removing --
update sources set state = 'removing' where id = :id and state <> 'removing';

-- sources_removing --
select id from sources where state = 'removing';

-- delete_source --
delete from sources where id = :id;

-- some_documents_of_source --
select id from documents where source_id = :source_id limit :limit;

-- delete_index_of_document --
delete from passage_index where rowid in (select id from passages where document_id = :id);

-- delete_passages --
delete from passages where document_id = :id;

-- delete_asides --
delete from asides where document_id = :id;

-- delete_links --
delete from document_links where document_id = :id;

-- no_first_passage --
update documents set first_passage = 0 where id = :id;

-- inside --
select d.id from json_each(:ids) wanted cross join documents d on d.parent_id = wanted.value;

-- read_around_again --
-- The documents around parts that are let back.
update documents set fingerprint = '', content_hash = '' where id in (
    select parent_id from exclusions
    where source_id = :source_id and parent_id is not null and (:place is null or place = :place)
);

-- delete_document --
delete from documents where id = :id;

-- source_uri --
select uri from sources where id = :id;

-- document_to_forget --
select source_id, uri, content_hash, parent_id from documents where id = :id;

-- exclude --
insert into exclusions (source_id, place, content, parent_id) values (:source_id, :place, :content, :parent_id)
on conflict (source_id, place) do update set content = excluded.content, parent_id = excluded.parent_id;

-- excluded --
select place, content from exclusions where source_id = :source_id;

-- let_back --
delete from exclusions where source_id = :source_id and (:place is null or place = :place);

-- documents_at --
select d.id from documents d join sources s on s.id = d.source_id
where d.space = :space and (d.uri = :uri or substr(d.uri, 1, length(:uri) + 1) = :uri || '/') and s.state <> 'removing' order by d.id;

-- copies --
-- Other documents with the same content, perhaps of another source.
select d.uri from documents d join documents gone on gone.id = :id
where d.space = gone.space and d.content_hash = gone.content_hash and d.content_hash <> '' and d.id <> gone.id
order by d.uri limit 20;

-- leftovers --
-- Terms of deleted rows that a merge has not dropped yet: FTS5 keeps the numbers of such rows on pages of their own, behind all
-- others. Then the pages that hold nothing.
select exists (select 1 from passage_index_data where id >= :first) as passage_index,
    exists (select 1 from turn_index_data where id >= :first) as turn_index,
    (select freelist_count from pragma_freelist_count) as free;

-- merge_passage_index --
insert into passage_index (passage_index, rank) values ('merge', :pages);

-- merge_turn_index --
insert into turn_index (turn_index, rank) values ('merge', :pages);

-- note_scrubbed --
update jobs set detail = :detail where kind = 'erase';
