-- Conversations and their turns. Every statement names the space, or a conversation whose space was checked before.

-- space_there --
select 1 as there from spaces where id = :space

-- conversation_add --
insert into conversations (id, space, title, created_at, updated_at) values (:id, :space, :title, :now, :now)

-- conversation_touch --
update conversations set updated_at = :now where id = :id

-- conversation_rename --
update conversations set title = :title where id = :id and space = :space

-- conversation_delete --
delete from conversations where id = :id and space = :space

-- conversation_get --
select id, space, title, created_at, updated_at,
       (select count(*) from turns where conversation_id = conversations.id) as turns
from conversations
where id = :id and space = :space

-- conversation_list --
select id, space, title, created_at, updated_at,
       (select count(*) from turns where conversation_id = conversations.id) as turns
from conversations
where space = :space
order by updated_at desc, id desc
limit :limit

-- conversation_search --
select id, space, title, created_at, updated_at,
       (select count(*) from turns where conversation_id = conversations.id) as turns
from conversations
where space = :space
  and id in (
      select turns.conversation_id
      from turn_index
      join turns on turns.number = turn_index.rowid
      where turn_index match :match
  )
order by updated_at desc, id desc
limit :limit

-- turn_add --
insert into turns (id, conversation_id, asked_at, question, answer) values (:id, :conversation, :now, :question, :answer)

-- turn_index_add --
insert into turn_index (rowid, question, answer) values (:number, :question, :answer)

-- turn_index_delete --
delete from turn_index where rowid in (select number from turns where conversation_id = :id)

-- turn_list --
select id, asked_at, question, answer from turns where conversation_id = :id order by number

-- turns_unindexed --
-- turn_index_docsize has a row for each turn that the index knows (SQLite FTS5, shadow tables).
select count(*) from turns t where not exists (select 1 from turn_index_docsize s where s.id = t.number)

-- turns_to_index --
select number, question, answer from turns t where not exists (select 1 from turn_index_docsize s where s.id = t.number)

-- turn_document_add --
insert into turn_documents (document_id, number) values (?, ?)

-- turns_resting_on --
select number, conversation_id, question, answer from turns
where number in (select number from turn_documents where document_id in (select value from json_each(:ids))) order by number

-- turn_rewrite --
update turns set answer = :answer where number = :number

-- turn_unindex --
delete from turn_index where rowid = :number

-- turn_documents_forget --
delete from turn_documents where document_id in (select value from json_each(:ids))

-- conversation_retitle --
update conversations set title = :after where id = :id and title = :before

-- documents_gone --
-- Numbers of documents are never used again.
select value from json_each(:ids) where value not in (select id from documents)
    and value <= coalesce((select seq from sqlite_sequence where name = 'documents'), 0)
