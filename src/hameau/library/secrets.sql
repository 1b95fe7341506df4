-- secret_of --
select secret from source_secrets where source_id = :source_id;

-- secret_put --
insert into source_secrets (source_id, secret) values (:source_id, :secret)
on conflict (source_id) do update set secret = excluded.secret;

-- secret_remove --
delete from source_secrets where source_id = :source_id;
