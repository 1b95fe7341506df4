-- The news of a space, in the order of time: library/planet.py. The index documents_by_news serves it.

-- news --
-- The articles before a moment (and below a number at that very moment), the newest first.
select d.*, s.title as feed_title, s.uri as feed_uri,
    (select p.text from passages p where p.id = d.first_passage) as start,
    (select p.text from passages p where p.document_id = d.id order by p.ordinal desc limit 1) as tail
from documents d join sources s on s.id = d.source_id
where d.space = :space and d.kind = 'news' and d.state = 'indexed' and s.state <> 'removing'
    and (d.dated_at, d.id) < (:before, :below) and d.dated_at >= :since
order by d.dated_at desc, d.id desc
limit :limit;

-- news_of --
-- The same of one source.
select d.*, s.title as feed_title, s.uri as feed_uri,
    (select p.text from passages p where p.id = d.first_passage) as start,
    (select p.text from passages p where p.document_id = d.id order by p.ordinal desc limit 1) as tail
from documents d join sources s on s.id = d.source_id
where d.source_id = :source_id and d.space = :space and d.kind = 'news' and d.state = 'indexed' and s.state <> 'removing'
    and (d.dated_at, d.id) < (:before, :below) and d.dated_at >= :since
order by d.dated_at desc, d.id desc
limit :limit;

-- feeds --
-- The feeds of a space by name, with their number of articles and the newest.
select s.id, s.title, s.uri, s.settings, s.paused_at, s.synced_at, s.error is not null and s.state = 'failed' as failing,
    (select count(*) from documents d where d.source_id = s.id and d.kind = 'news') as articles,
    (select max(d.dated_at) from documents d where d.source_id = s.id and d.kind = 'news') as newest
from sources s
where s.space = :space and s.kind = 'feed' and s.state <> 'removing'
order by s.title collate nocase, s.uri;
