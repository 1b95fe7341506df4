-- The table of jobs: what the background work has yet to do, each kind of work about each subject once.

-- ask --
insert into jobs (kind, subject, detail, asked_at, not_before) values (:kind, :subject, :detail, :at, :not_before)
on conflict (kind, subject) do update set asked = asked + 1, detail = excluded.detail, asked_at = excluded.asked_at,
    not_before = min(not_before, excluded.not_before);

-- job --
select * from jobs where kind = :kind and subject = :subject;

-- of --
select * from jobs where subject = :subject and kind in (select value from json_each(:kinds)) order by number;

-- all --
select * from jobs order by number;

-- due --
-- Not those of a source that is being removed, but for the removal itself; nor of one that is to be left alone.
select * from jobs where not_before <= :at
    and (kind = 'remove' or not exists (
        select 1 from sources s where s.id = jobs.subject and (s.state = 'removing' or s.paused_at <> '')
    ))
order by asked_at, number;

-- done --
-- Somebody may have asked again while the job ran: then it stays.
delete from jobs where number = :number and asked = :asked;

-- put_off --
update jobs set tries = tries + 1, not_before = :not_before, error = :error, error_hint = :hint, error_fields = :fields
where number = :number;
