-- The way back from 0003_programs.sql: keys and services go, nothing else knew them.

drop table api_keys;
drop table services;
