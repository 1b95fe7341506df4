-- Which passages a search may see.

-- others --
-- Is there anything that a search of the whole space must not see?
select 1 as there from sources where space <> :space or state = 'removing' limit 1;

-- ranges --
-- First id and number of the passages of each document, in one text: a tuple for each of 100,000 documents would take longer.
select group_concat(first_passage || ' ' || passages, ' ') from documents
where space = :space and passages > 0
    and (:document_id is null or id = :document_id)
    and (:sources is null or source_id in (select value from json_each(:sources)))
    and (:kinds is null or kind in (select value from json_each(:kinds)))
    and (:languages is null or language in (select value from json_each(:languages)))
    and (:people is null or not exists (select 1 from json_each(:people) named where authors not like '%' || named.value || '%'))
    and (:since = '' or dated_at >= :since) and (:until = '' or dated_at <> '' and dated_at < :until)
    and source_id not in (select id from sources where state = 'removing');
