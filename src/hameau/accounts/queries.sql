-- Keys of programs. Never the keys themselves: only their hashes.

-- key_list --
select id, name, hint, scopes, created_at, expires_at, last_used_at from api_keys order by created_at desc, id desc

-- key_get --
select id, name, hint, hash, scopes, created_at, expires_at, last_used_at from api_keys where hash = :hash

-- key_add --
insert into api_keys (id, name, hint, hash, scopes, created_at, expires_at)
values (:id, :name, :hint, :hash, :scopes, :now, :expires_at)

-- key_delete --
delete from api_keys where id = :id

-- key_used --
update api_keys set last_used_at = :now where id = :id and last_used_at < :now

-- key_first --
-- Only one of two processes writes that it was used for the first time.
update api_keys set last_used_at = :now where id = :id and last_used_at = ''
