-- The words of the text index as they were written, each after its sign, asked for by their spelling.

-- known_words --
select t.term, t.doc from json_each(:words) j join passage_terms t on t.term = j.value;

-- words_from --
select term, doc from passage_terms where term >= :first and term < :after and length(term) between :short and :short + 4;
