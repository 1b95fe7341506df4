-- When the last backup was made: hub/keeping/last.py.

-- last_backup --
select value from settings where key = 'last_backup';

-- note_backup --
insert into settings (key, value) values ('last_backup', :value) on conflict (key) do update set value = excluded.value;
