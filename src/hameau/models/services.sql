-- Services: programs that run models for us. Their keys stand here, and nowhere else.

-- service_all --
select id, kind, url, connection, secret, added_at, models from services order by id

-- service_put --
insert into services (id, kind, url, connection, secret, added_at, models)
values (:id, :kind, :url, :connection, :secret, :added_at, :models)
on conflict (id) do update
set kind = excluded.kind, url = excluded.url, connection = excluded.connection, secret = excluded.secret,
    models = excluded.models

-- service_models --
update services set models = :models where id = :id

-- service_remove --
delete from services where id = :id
