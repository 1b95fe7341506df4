-- A library that can be trusted: what a document is and when it is from, and every step of the background work as a job.

alter table documents add column kind text not null default '';      -- mail, pdf, sheet… for questions that name one
alter table documents add column dated_at text not null default '';  -- its own date (a mail's), else that of the file
alter table documents add column authors text not null default '';   -- who wrote it and to whom, one line
-- What is known without a second look; `kind` is filled with the text index (library/intake.py). Mails are read again: their date and
-- people were not kept.
update documents set dated_at = modified_at;
update documents set fingerprint = '', content_hash = '' where media_type = 'message/rfc822';

create table jobs (
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

create trigger jobs_of_source after delete on sources begin
    delete from jobs where subject = old.id;
end;

insert into jobs (kind, subject, asked_at)
select case state when 'removing' then 'remove' else 'sync' end, id, strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
from sources where sync_wanted > 0 or state = 'removing';

alter table sources drop column sync_wanted;
alter table sources add column mounts text not null default '[]';  -- JSON array: disks and shares that were mounted inside it

-- A filter becomes ranges of passages: the passages of a document have neighbouring ids.
alter table documents add column first_passage integer not null default 0;
update documents set first_passage = coalesce((select min(id) from passages where document_id = documents.id), 0);
create trigger first_passage after insert on passages when new.ordinal = 0 begin
    update documents set first_passage = new.id where id = new.document_id;
end;
create index documents_by_facet on documents (space, kind, language, dated_at, source_id, first_passage, passages);

-- An embedder has a number, so that a million rows need not repeat its name, and its vectors are counted as they come and go.
create table embedders (
    number integer primary key,
    id text not null unique,
    vectors integer not null default 0,
    stamp integer not null default 0         -- goes up with each change of its blocks
) strict;
insert into embedders (id, vectors) select embedder_id, count(*) from vectors group by embedder_id order by max(number);
alter table vectors rename to named_vectors;
create table vectors (
    passage_id integer not null references passages (id) on delete cascade,
    embedder integer not null references embedders (number),
    vector blob not null,                    -- IEEE 754 half precision, little endian, unit length
    unique (passage_id, embedder)
) strict;
insert into vectors (passage_id, embedder, vector)
select v.passage_id, e.number, v.vector from named_vectors v join embedders e on e.id = v.embedder_id order by v.number;
drop table named_vectors;

-- What a search scans, 256 passages a block: loaded at once, written in the transactions of the vectors (library/vectors.py).
create table vector_blocks (
    embedder integer not null references embedders (number),
    block integer not null,                  -- its first passage has the id 256 * block
    stamp integer not null,                  -- a reader takes the blocks that are newer than what it has
    vectors integer not null,
    scales blob not null,                    -- 256 float32; 0 where there is no vector
    codes blob not null,                     -- 256 rows of int8: a vector is its codes times its scale; empty when all are gone
    primary key (embedder, block)
) strict;
create index vector_blocks_by_stamp on vector_blocks (embedder, stamp, vectors);
create trigger vector_counted after insert on vectors begin
    update embedders set vectors = vectors + 1 where number = new.embedder;
end;
create trigger vector_gone after delete on vectors begin
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

-- What a person had forgotten and is not to be read again, as keyed hashes (library/exclusions.py).
create table exclusions (
    source_id text not null references sources (id) on delete cascade,
    place text not null,
    content text not null,
    primary key (source_id, place)
) strict;

-- Which documents the answer of a turn rests on, so that it can forget them (assistant/forgetting.py).
create table turn_documents (
    document_id integer not null,
    number integer not null references turns (number) on delete cascade,
    primary key (document_id, number)
) strict;
create index turn_documents_by_turn on turn_documents (number);
insert or ignore into turn_documents (document_id, number)
select j.value, t.number from turns t, json_tree(t.answer) j where j.key = 'document_id' and j.type = 'integer';
