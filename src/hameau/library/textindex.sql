-- The text index, asked for words.

-- newest --
select max(id) from passages;

-- counts --
-- In how many passages of the whole library each term stands; a term that stands nowhere has no row.
select t.term, t.doc from json_each(:terms) j cross join passage_terms t on t.term = j.value;

-- best --
select rowid, bm25(passage_index, :title, :heading, :body) as rank from passage_index
where passage_index match :match order by rank limit :depth;

-- best_since --
select rowid, bm25(passage_index, :title, :heading, :body) as rank from passage_index
where passage_index match :match and rowid >= :first order by rank limit :depth;

-- best_between --
select rowid, bm25(passage_index, :title, :heading, :body) as rank from passage_index
where passage_index match :match and rowid >= :first and rowid < :end order by rank limit :depth;
