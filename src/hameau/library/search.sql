-- What a search asks the database beside its two indexes.

-- embedders --
select id as embedder_id, vectors from embedders where vectors > 0;

-- languages --
select distinct language from documents where space = :space and state = 'indexed';

-- passage_total --
select count(*) from passages;

-- documents_named --
select id from documents where space = :space and passages > 0
    and (uri like '%/' || :name escape '\' or uri like :name escape '\') limit 2;

-- newest --
-- The first passage of each document, the newest document first.
select first_passage from documents where space = :space and passages > 0 order by dated_at desc, id desc;

-- found --
-- The cross joins keep SQLite from walking all documents of the space.
select p.id, p.document_id, p.start, p.page, p.heading, p.text, d.title, d.uri, d.language, d.kind, d.dated_at
from json_each(:ids) wanted cross join passages p on p.id = wanted.value
    cross join documents d on d.id = p.document_id cross join sources s on s.id = d.source_id
where d.space = :space and s.state <> 'removing';

-- in_other_languages --
select p.id from json_each(:ids) wanted cross join passages p on p.id = wanted.value cross join documents d on d.id = p.document_id
where d.language not in ('', :language);

-- asked_sources --
-- The sources that are asked at each search, of one space or of all; not those that rest.
select s.*, 0 as documents, 0 as failed from sources s
where s.kind in (select value from json_each(:kinds)) and (:space is null or s.space = :space)
    and s.state <> 'removing' and coalesce(s.paused_at, '') = '';
