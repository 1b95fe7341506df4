-- The way back from 0002_trust.sql, to the tables as version 1 knew them. What only version 2 knows goes; all else stays.

create table named_vectors (
    number integer primary key autoincrement,  -- grows, so that a reader takes only what is new
    passage_id integer not null references passages (id) on delete cascade,
    embedder_id text not null,
    vector blob not null,                       -- IEEE 754 half precision, little endian, unit length
    unique (passage_id, embedder_id)
) strict;
insert into named_vectors (passage_id, embedder_id, vector)
select v.passage_id, e.id, v.vector from vectors v join embedders e on e.number = v.embedder order by v.rowid;
drop trigger vector_counted;
drop trigger vector_gone;
drop table vector_blocks;
drop table vectors;
drop table embedders;
alter table named_vectors rename to vectors;
create index vectors_by_embedder on vectors (embedder_id, number, passage_id);

drop trigger first_passage;
drop index documents_by_facet;
alter table documents drop column first_passage;
alter table documents drop column kind;
alter table documents drop column dated_at;
alter table documents drop column authors;

alter table sources add column sync_wanted integer not null default 1;
update sources set sync_wanted = (select count(*) from jobs where kind = 'sync' and subject = sources.id);
alter table sources drop column mounts;
drop trigger jobs_of_source;
drop table jobs;

drop table exclusions;
drop table turn_documents;
