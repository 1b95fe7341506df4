-- The way back from 0004_everything.sql. Documents inside documents go: an older Hameau reads them with the one around them.

delete from passage_index where rowid in (
    select p.id from passages p join documents d on d.id = p.document_id where d.parent_id is not null
);
delete from documents where parent_id is not null;
update documents set fingerprint = '', content_hash = '' where id in (select document_id from asides);
drop table asides;
drop table document_links;
drop table source_memory;
drop table source_secrets;
alter table exclusions drop column parent_id;
drop index documents_by_doubt;
drop index documents_by_state;
create index documents_by_state on documents (space, state);
drop index documents_by_parent;
drop index documents_by_thread;
drop index documents_by_news;
drop index documents_by_news_source;
alter table documents drop column parent_id;
alter table documents drop column link;
alter table documents drop column thread;
alter table sources drop column paused_at;
