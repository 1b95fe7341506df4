-- Vectors and the blocks that a search scans.

-- know_embedder --
insert into embedders (id) values (:id) on conflict (id) do nothing;

-- embedder --
select number, vectors, stamp from embedders where id = :id;

-- add_vector --
insert into vectors (passage_id, embedder, vector) select ?1, ?2, ?3
where exists (select 1 from passages where id = ?1)
on conflict (passage_id, embedder) do nothing;

-- vectors_of --
select v.passage_id, v.vector from json_each(:ids) j
    cross join vectors v on v.passage_id = j.value and v.embedder = :embedder;

-- vectors_between --
select passage_id, vector from vectors where passage_id between :first and :last and embedder = :embedder;

-- block --
select scales, codes from vector_blocks where embedder = :embedder and block = :block;

-- next_stamp --
update embedders set stamp = stamp + 1 where number = :embedder returning stamp;

-- put_block --
insert into vector_blocks (embedder, block, stamp, vectors, scales, codes)
values (:embedder, :block, :stamp, :vectors, :scales, :codes)
on conflict (embedder, block) do update set stamp = excluded.stamp, vectors = excluded.vectors, scales = excluded.scales,
    codes = excluded.codes;

-- count_changed --
select count(*) from vector_blocks where embedder = :embedder and stamp > :after;

-- changed --
select block, stamp, scales, codes from vector_blocks where embedder = :embedder and stamp > :after order by stamp limit :limit;

-- in_blocks --
select coalesce(sum(vectors), 0) from vector_blocks where embedder = :embedder;

-- without_block --
-- Vectors of a file that an older version wrote.
select distinct v.passage_id >> 8 from vectors v
where v.embedder = :embedder
    and not exists (select 1 from vector_blocks b where b.embedder = v.embedder and b.block = v.passage_id >> 8);

-- other_blocks --
delete from vector_blocks where rowid in (
    select b.rowid from vector_blocks b join embedders e on e.number = b.embedder where e.id <> :id limit :limit
);

-- other_vectors --
delete from vectors where rowid in (
    select v.rowid from vectors v join embedders e on e.number = v.embedder where e.id <> :id limit :limit
);

-- count_others --
select coalesce(sum(vectors), 0) from embedders where id <> :id;

-- forget_others --
delete from embedders where id <> :id and vectors = 0;
