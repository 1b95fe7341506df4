-- What documents point at: library/links.py.

-- targets --
select target from document_links where document_id = :id order by target;

-- places --
select id, uri from documents where source_id = :source_id and state = 'indexed';

-- documents --
select d.* from json_each(:ids) wanted cross join documents d on d.id = wanted.value;

-- documents_linked --
select d.link, min(d.id) from documents d join sources s on s.id = d.source_id
where d.space = :space and d.link in (select value from json_each(:addresses)) and s.state <> 'removing' group by d.link;

-- pointing --
select d.id, d.uri, l.target, d.source_id from json_each(:names) wanted
    cross join document_links l on l.name = wanted.value
    cross join documents d on d.id = l.document_id
    cross join sources s on s.id = d.source_id
where d.space = :space and d.id <> :id and s.state <> 'removing';
