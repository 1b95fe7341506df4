-- A library as version 0.4 left it: its tables as they were, then rows, then what acts by itself. Never changed again.

CREATE TABLE spaces (
    id text primary key,
    title text not null default '',
    created_at text not null
) strict;

CREATE TABLE sources (
    number integer primary key autoincrement,
    id text not null unique,
    space text not null references spaces (id),
    kind text not null,
    uri text not null,
    title text not null default '',
    settings text not null default '{}',    -- JSON object, what the adapter of this kind understands
    state text not null default 'new' check (state in ('new', 'syncing', 'ready', 'failed', 'removing')),
    error text,
    error_hint text,
    error_fields text not null default '{}',
    created_at text not null,
    synced_at text, mounts text not null default '[]',  -- counts up at each request; a sync that ends clears the number it began with
    unique (space, kind, uri)
) strict;

CREATE TABLE documents (
    id integer primary key autoincrement,
    source_id text not null references sources (id),
    space text not null references spaces (id),
    uri text not null,
    title text not null default '',
    state text not null default 'pending' check (state in ('pending', 'indexed', 'failed')),
    media_type text not null default '',
    language text not null default '',
    size integer not null default 0,
    modified_at text not null default '',
    fingerprint text not null default '',   -- as listed; differs when the content may have changed
    content_hash text not null default '',  -- of the content whose passages are stored
    pages integer,
    passages integer not null default 0,
    reason text,                            -- why it failed or what is doubtful: a gettext id, its hint and their fields
    hint text,
    reason_fields text not null default '{}',
    updated_at text not null, kind text not null default '', dated_at text not null default '', authors text not null default '', first_passage integer not null default 0,
    unique (source_id, uri)
) strict;

CREATE INDEX documents_by_state on documents (space, state);

CREATE INDEX documents_by_hash on documents (source_id, content_hash);

CREATE TABLE passages (
    id integer primary key autoincrement,   -- never used again, so a vector in memory can't point at another text
    document_id integer not null references documents (id) on delete cascade,
    ordinal integer not null,
    start integer not null,                 -- code points of the document's text
    page integer,
    heading text not null default '[]',     -- JSON array, outermost first
    text text not null,
    unique (document_id, ordinal)
) strict;

CREATE VIRTUAL TABLE passage_index using fts5 (
    title, heading, body,
    content = '', contentless_delete = 1, tokenize = "ascii tokenchars '.-+#='"
);

CREATE VIRTUAL TABLE passage_terms using fts5vocab (passage_index, row);

CREATE TABLE conversations (
    id text primary key,
    space text not null references spaces (id),
    title text not null default '',
    created_at text not null,
    updated_at text not null
) strict;

CREATE INDEX conversations_by_time on conversations (space, updated_at);

CREATE TABLE turns (
    number integer primary key autoincrement,
    id text not null unique,
    conversation_id text not null references conversations (id) on delete cascade,
    asked_at text not null,
    question text not null,                 -- JSON of the question and of the answer as they were
    answer text not null
) strict;

CREATE INDEX turns_by_conversation on turns (conversation_id, number);

CREATE VIRTUAL TABLE turn_index using fts5 (
    question, answer,
    content = '', contentless_delete = 1, tokenize = "ascii tokenchars '.-+#='"
);

CREATE TABLE models (
    id text primary key,
    path text not null default '',
    card text not null,                     -- JSON
    added_at text not null
) strict;

CREATE TABLE settings (
    key text primary key,
    value text not null                     -- JSON
) strict;

CREATE TABLE jobs (
    number integer primary key autoincrement,
    kind text not null,
    subject text not null default '',        -- what it is about: the id of a source…
    detail text not null default '{}',       -- JSON object that this kind of job understands
    asked integer not null default 1,        -- counts up at each request; a job that ends goes only when nobody asked meanwhile
    asked_at text not null,
    not_before text not null default '',     -- a job that was put off waits until then
    tries integer not null default 0,
    error text,                              -- why it was put off: a gettext id, its hint and their fields
    error_hint text,
    error_fields text not null default '{}',
    unique (kind, subject)
) strict;

CREATE INDEX documents_by_facet on documents (space, kind, language, dated_at, source_id, first_passage, passages);

CREATE TABLE embedders (
    number integer primary key,
    id text not null unique,
    vectors integer not null default 0,
    stamp integer not null default 0         -- goes up with each change of its blocks
) strict;

CREATE TABLE vectors (
    passage_id integer not null references passages (id) on delete cascade,
    embedder integer not null references embedders (number),
    vector blob not null,                    -- IEEE 754 half precision, little endian, unit length
    unique (passage_id, embedder)
) strict;

CREATE TABLE vector_blocks (
    embedder integer not null references embedders (number),
    block integer not null,                  -- its first passage has the id 256 * block
    stamp integer not null,                  -- a reader takes the blocks that are newer than what it has
    vectors integer not null,
    scales blob not null,                    -- 256 float32; 0 where there is no vector
    codes blob not null,                     -- 256 rows of int8: a vector is its codes times its scale; empty when all are gone
    primary key (embedder, block)
) strict;

CREATE INDEX vector_blocks_by_stamp on vector_blocks (embedder, stamp, vectors);

CREATE TABLE exclusions (
    source_id text not null references sources (id) on delete cascade,
    place text not null,
    content text not null,
    primary key (source_id, place)
) strict;

CREATE TABLE turn_documents (
    document_id integer not null,
    number integer not null references turns (number) on delete cascade,
    primary key (document_id, number)
) strict;

CREATE INDEX turn_documents_by_turn on turn_documents (number);

CREATE TABLE api_keys (
    id text primary key,
    name text not null unique,               -- what the person calls the program: "Nextcloud", "téléphone"
    hint text not null,                      -- the first signs of the key, to tell keys apart
    hash blob not null unique,               -- SHA-256 of the key: it is 256 random bits, so nothing slower is needed
    scopes text not null,                    -- JSON array: chat, read, admin
    created_at text not null,
    expires_at text not null default '',     -- empty: until it is taken back
    last_used_at text not null default ''
) strict;

CREATE TABLE services (
    id text primary key,                     -- its name, the first part of its models' names
    kind text not null,                      -- ollama, openai
    url text not null,
    connection text not null,                -- the Connection of the perimeter that it is reached under
    secret text not null default '',         -- the key it asks for
    added_at text not null,
    models text not null default '[]'        -- JSON array: the models it had when it was last asked
) strict;

-- Rows of every table, as version 3 wrote them. Frozen: what people's files hold does not change with our code.

pragma application_id = 1212239173;
pragma user_version = 3;

insert into spaces (id, title, created_at) values
    ('atelier', 'L’atelier', '2026-11-02T09:00:00.000Z'),
    ('home', '', '2026-11-22T05:39:07.313Z');
insert into sources (number, id, space, kind, uri, title, settings, state, error, error_hint, error_fields, created_at, synced_at, mounts) values
    (1, 'src_01a201c3edb778b9af5563421569e31c', 'home', 'folder', '/home/jeanne/Documents', 'Documents', '{"exclude": ["*.tmp"]}', 'new', null, null, '{}', '2026-11-22T05:39:07.319Z', null, '["/home/jeanne/Documents/cl\u00e9"]'),
    (2, 'src_01a201c3edb876d5b8e79f4417ceb3b6', 'atelier', 'folder', '/home/jeanne/Atelier', '', '{}', 'failed', 'This folder can''t be reached right now.', 'Connect the disk.', '{"path": "/home/jeanne/Atelier"}', '2026-11-22T05:39:07.320Z', null, '[]'),
    (3, 'src_01a201c3edb979718ea36914b97b738d', 'home', 'folder', '/home/jeanne/Ancien', '', '{}', 'removing', null, null, '{}', '2026-11-22T05:39:07.321Z', null, '[]');
insert into documents (id, source_id, space, uri, title, state, media_type, language, size, modified_at, fingerprint, content_hash, pages, passages, reason, hint, reason_fields, updated_at, kind, dated_at, authors, first_passage) values
    (1, 'src_01a201c3edb778b9af5563421569e31c', 'home', '/home/jeanne/Documents/moulin.md', 'Le moulin', 'indexed', 'text/markdown', 'fr', 117, '2026-10-01T10:00:00.000Z', '117-1-32', 'c0ffee01', null, 2, null, null, '{}', '2026-11-22T05:39:07.323Z', 'text', '2026-10-01T10:00:00.000Z', '', 1),
    (2, 'src_01a201c3edb778b9af5563421569e31c', 'home', '/home/jeanne/Documents/devis.eml', 'devis.eml', 'indexed', 'message/rfc822', 'fr', 84, '2026-10-01T10:00:00.000Z', '84-1-32', 'c0ffee02', null, 1, null, null, '{}', '2026-11-22T05:39:07.324Z', 'mail', '2026-09-12T07:45:00.000Z', 'Paul Meunier <paul@moulin.example>; Jeanne', 3),
    (3, 'src_01a201c3edb778b9af5563421569e31c', 'home', '/home/jeanne/Documents/scellé.pdf', 'scellé.pdf', 'failed', '', '', 900, '2026-10-02T10:00:00.000Z', '900-1-3', '', null, 0, 'The file is encrypted.', 'Remove its password.', '{}', '2026-11-22T05:39:07.325Z', 'pdf', '2026-10-02T10:00:00.000Z', '', 0),
    (4, 'src_01a201c3edb876d5b8e79f4417ceb3b6', 'atelier', '/home/jeanne/Atelier/plan.md', 'plan.md', 'pending', '', '', 12, '2026-10-03T10:00:00.000Z', '12-1-4', '', null, 0, null, null, '{}', '2026-11-22T05:39:07.325Z', 'text', '', '', 0),
    (5, 'src_01a201c3edb979718ea36914b97b738d', 'home', '/home/jeanne/Ancien/lettre.txt', 'lettre.txt', 'indexed', 'text/plain', 'fr', 24, '2026-10-01T10:00:00.000Z', '24-1-30', 'c0ffee05', null, 1, null, null, '{}', '2026-11-22T05:39:07.326Z', 'text', '2026-10-01T10:00:00.000Z', '', 4),
    (7, 'src_01a201c3edb778b9af5563421569e31c', 'home', '/home/jeanne/Documents/agenda.ics', 'Fête du four', 'indexed', 'text/calendar', 'fr', 67, '2026-11-03T10:00:00.000Z', '65-3', 'c0ffee16', null, 1, null, null, '{}', '2026-11-22T08:49:28.007Z', 'text', '2026-11-03T10:00:00.000Z', '', 6),
    (8, 'src_01a201c3edb778b9af5563421569e31c', 'home', '/home/jeanne/Documents/reponse.eml', 'reponse.eml', 'indexed', 'message/rfc822', 'fr', 121, '2026-11-04T10:00:00.000Z', '121-3', 'c0ffee17', null, 1, null, null, '{}', '2026-11-22T08:49:28.009Z', 'mail', '2026-11-04T09:30:00.000Z', 'Jeanne <jeanne@example.org>, Paul Meunier <paul@moulin.example>', 7);
insert into passages (id, document_id, ordinal, start, page, heading, text) values
    (1, 1, 0, 0, null, '["Le moulin"]', '# Le moulin

La meule dormante pèse une tonne.

'),
    (2, 1, 1, 48, null, '["Le moulin", "La roue"]', '## La roue

La grande roue mesure 4,20 mètres et tourne depuis 1789.
'),
    (3, 2, 0, 0, null, '[]', 'Objet : Devis de la meule

Bonjour Jeanne, le devis de la meule est de 1 240 euros.
'),
    (4, 5, 0, 0, null, '[]', 'Chère Jeanne, à bientôt.'),
    (6, 7, 0, 0, null, '["Fête du four"]', '# Fête du four

Le samedi 7 novembre 2026 à 10 h, au four banal.
'),
    (7, 8, 0, 0, null, '[]', 'Objet : Re: Devis de la meule

Merci Paul, le devis nous va.

> Bonjour Jeanne, le devis de la meule est de 1 240 euros.
');
insert into conversations (id, space, title, created_at, updated_at) values
    ('conv_01a201c3edc67ec38d0dbf89dbfd4f9d', 'home', 'Combien pèse la meule ?', '2026-11-22T05:39:07.334Z', '2026-11-22T05:39:07.336Z');
insert into turns (number, id, conversation_id, asked_at, question, answer) values
    (1, 'turn_01a201c3edc6710583a3bb3bc11f2cc6', 'conv_01a201c3edc67ec38d0dbf89dbfd4f9d', '2026-11-22T05:39:07.334Z', '{"text":"Combien pèse la meule ?","space":"home","conversation":null,"model":null,"task":"answer","document_id":null,"source_id":null,"template":""}', '{"answer":"La meule dormante pèse une tonne.","answered":true,"sentences":[{"text":"La meule dormante pèse une tonne.","citations":[1],"supported":true,"doubt":"","verbatim":false,"missing":""}],"citations":[{"number":1,"passage_id":1,"document_id":1,"title":"Le moulin","uri":"/home/jeanne/Documents/moulin.md","quote":"La meule dormante pèse une tonne.","locator":{"start":0,"end":48,"page":null,"heading":["Le moulin"]}}],"model":"qwen2.5-coder-0.5b-instruct","conversation":"conv_01a201c3edc67ec38d0dbf89dbfd4f9d","nearest":[],"evidence_ms":4.0,"first_token_ms":900.0,"total_ms":2100.0,"energy_wh":null,"confidence":0.97}'),
    (2, 'turn_01a201c3edc8728d9b6d016fdfb48959', 'conv_01a201c3edc67ec38d0dbf89dbfd4f9d', '2026-11-22T05:39:07.336Z', '{"text":"Et la roue ?","space":"home","conversation":"conv_01a201c3edc67ec38d0dbf89dbfd4f9d","model":null,"task":"answer","document_id":null,"source_id":null,"template":""}', '{"answer":"","answered":false,"sentences":[],"citations":[],"model":"","conversation":"conv_01a201c3edc67ec38d0dbf89dbfd4f9d","nearest":[],"evidence_ms":3.0,"first_token_ms":null,"total_ms":5.0,"energy_wh":null,"confidence":null}');
insert into embedders (number, id, vectors, stamp) values
    (1, 'multilingual-e5-small', 4, 2);
insert into models (id, path, card, added_at) values
    ('un-modele', '/home/jeanne/un-modele.gguf', '{"id": "un-modele"}', '2026-11-01T08:30:00.000Z');
insert into settings (key, value) values
    ('text_index', '{"version": 2, "kinds": true, "after": 5}');
insert into jobs (number, kind, subject, detail, asked, asked_at, not_before, tries, error, error_hint, error_fields) values
    (1, 'sync', 'src_01a201c3edb778b9af5563421569e31c', '{}', 1, '2026-11-22T05:39:07.319Z', '', 0, null, null, '{}'),
    (2, 'sync', 'src_01a201c3edb876d5b8e79f4417ceb3b6', '{}', 2, '2026-11-22T05:39:07.339Z', '2026-11-22T05:39:12.339Z', 1, 'This folder can''t be reached right now.', 'Connect the disk.', '{"path": "/home/jeanne/Atelier"}'),
    (3, 'sync', 'src_01a201c3edb979718ea36914b97b738d', '{}', 1, '2026-11-22T05:39:07.321Z', '', 0, null, null, '{}'),
    (4, 'erase', '', '{}', 2, '2026-11-22T05:39:07.337Z', '', 0, null, null, '{}'),
    (8, 'remove', 'src_01a201c3edb979718ea36914b97b738d', '{}', 1, '2026-11-03T08:00:03.000Z', '', 0, null, null, '{}');
insert into vectors (passage_id, embedder, vector) values
    (1, 1, x'e420c3a658a5e6afd22d672b36a4012947232aa7532a05a441a420a9e325229d0e27dba7901ec6a97229de20472450258aaa1129a72e4dad98addeac7129a91efa2aac2873215a2365a09e294fab75a54922d42df2a8fbaa4aa7452a15a2492c0eae4d2bb22a97acf31fdd2b8d1c782aae2f172341a3fda8312817a1a0a0739d3428e6aaf3acdfafc12ba31be22c6b8fcda82f26ed9b0eacbaa9b72d9624632528a376a8c5296a9de9a8f19edca9eb204e2b69a99f2c52a8f01f69a9c0a1e818a0a58ca863a850a914adcea23125e0293028f32f2024e7a50e2ec6aa442a2eaa95245eaed12918a043aa6e2df328be18d2a87d983ea0b0282a2952a81ca7e2a65daca7a7c89c7828452c3ba92127c0a5b62e0b997f260eaa3fa93821f8a492240dad4828d2a9922d77a3192b83ac8d25bfa94da617151aa4d622d6283928879c69ac35a911a1ddaedd2833a281a2232a5228b8217aaa04247b24b9a9c02a92265fae501e17ac5a2b382924abb9a9451d2ea2ef2ccb284fa3782793ae02249b29a1a098a85227562e4d2140abad2c13ae832687a7052a7fa9482cc52396ad62ae17a4302c931ef21a1ba2c628e22441235faaaf2b692c36ac722fad2850a629ae40283727b5a7cbad462b9da71aa69a30e22e2b2ae4a5342861af831deaa829ac1fadcb269f1c2220732979a9feabbfad56a4eb28bc9f2628a4ab12a6f4a80aac042e8329eea8f5a8ec99aaaca42530accba4a1aa35a64eac16ad40aa66a8a1a3241bf02c41298ba2b22875a8af2c1c2763ace328472958b0d7a821a63daee7aa23aa9026c6233f301aa5762b151c032380ab2eaef6a8ee281f2dd02772266da9f62c592cdea6cd9872aabf2c4225eb9c4425b32553a504ac27ac9fadf8252d2f7fad281f51255faa4a2119abc42bb0a7341d6d2890a5cbade0a6f028609cf221fdaa691fb6288c172c2e60a1bdaa3bad742b1c9a8b2aec25422d182ce2a41623052bffabb12cd72b5c2a33a1d1233aab001a99a77b1c66a65823a12b3cacfc2971aefdae2d9e920dbb2554ad349a8c1e0f2c609dd82653aadaa0c4a58d2866aa'),
    (2, 1, x'79a98e27de2d0525f6238aa4232b1527af2d562439aa79a77aaa1aac252c4b2910acd72d6a2246aa1125429b11a95faeb417a9233ab047270d2829a6e21d5da37da9b9a46e2cc2ac3922d420a4a8c6a597ac96a946124924e4a903317ba7ae1e0ca23ea5442c48a6602c7d2bdbaaca2a44a87c300fa52baa44ae3dac9da78baa07ac8fa86ba1c02c96ad3ca741aaf8ac27acf0a9b42816a10ea702285d23dca10a256fa91d28202668a5ffabfc2cf11c013149a89829b2a5a72277293ea9409d3920f41dd227ba2a7729e6228ea468abd3a8efa67a28c5a413ac1b2844a906a9efa13526e9af5bab9b20c7a4aba91aa78b2cfaa5ac283129e8a5d125e8a501a862abbd2939a53ea765abee2ddd28f79e8ea804ada72391239eac9e2b17294faa4aa79ba53720a39f60add52c2624222c1d2c74a17c24d5280c294da00ea8671742a94aa7a8ae631cbcaa4aa787991e24322e5c21a2acdc1ed0a73d257fa8a5a8b4a61da8fcad62a8e191df2bb1a3e0a49b2713273f2dac271594632c042d3ca6262083adc6a4cca99da151a65ba0689d79260f225ea73aac0c2ca62cf6a55d2701ad1fad14a3d32cddaa78a9452d35ae3d28662669a1f3204c3064ab1ea43fa286a866ac392dc621c4ad9ca851254a25b9accc9cd82226252d25faad0e2e8a21ec2db23036a00cacab29bea0eca5c7aa892dcea597acdfa597ab242080a5efaae42738a8bf28222cbfa43da83a21d829b088581fa49515241f28a1a854a693185ea8241f08278f94eaa719a9be2dc32958ab84a9252ef42cb91e982be0ac6804dc2819ae22a922296c2bc8a79a23402d02a55fac719a28a5442c332042a9df2f8fa632266f2825298920b227209ba7acc4a134a1a9a0241f19a8572c232d37afd40fa9a846b061250fa8eda446a8212b102c43238b28e69d5a1fdda84017aea8e4246d291424c42b6930e8aebe1175a7fda574ac8319c6a226a8aca2c6a7aeaf112bf6a33aaa052458a821afd1297fadbba14e1e6d2cce2b592001a974a5222bdb2d22273aa8c02aeca459a551a3bd273823832a402cbb26a6af90ad2920ca9a'),
    (3, 1, x'f12e3796d99f112ad82a0ea216264aab10aaed2b86acee295c28f328de294027e2ae75aabba7e22940ab88a8aaa43b2ca2ac5aac0828d5ae4524d7a512ad67a571aa5120ae24c92c43912c1d6ca7dd94bf2a31ae3d28e2a69a1b2e24782921220ca50224e31042a147219e291d1fff1f24ac889ef9ada1280aaa2a2cd0301ca5462c312529a769a93a277c2c8c24dcacb3aadda15d2c4a233524c82b43a1959cada0b7ad00264825452aa5ab3fa9022a27246c2c8ca92a2159a8f7233da6e426f42a5728d0ad0c2ac125b5aab2a9d60e6027cca537ad3e235e20d92f24ac0e309c2dcc23552df71c492ab8a8191c86aa10adfca23ca85e27162c5aa0101ad52065adeb22ac10c49813ab5fae70a211244f2c462bae2cc2246f2b4ca10a28fe2953303d2217ac6e2c16a93e9a91a3d6a94a2caa27dfa7221b92a5e927dea4eda824a89ea57123e8a9999cb425832f8129ccb092a61ba51f240b2dc52867afe5238f1d4f255e2c03ab172b51ad3a19e524582f84a872ad6b2840a8072d8da8a4a9002c651c6f2a99ac4f2d92a7452976aafcac9ba27d20112d80249a283c28003143a9092cad9fb52208a7792b09ac40ac58a172ab8528ed29d7a80a2942a88d98900d082e6881dda9e6a9b72b5dad0ca6e4a4e1af09a6712aec21cba97028a426822ec6a800a53a18229f711c879d78a828ad36a77aacc3aa0ca777267329b7aaa6231729ef9952adfbaeff28c5299e22e8aa9a2ca92b169b58a25faeac2845ad36288628fc1aff2c7aa44027f528be21b6a5bf2b1d259aa1eaa0691d402f2e1ccba201ab00ac2eae62210509c7aaddac8aa416a762ac0c23e61d109cc72862a8472cb6aa3c26c92779a321243aacefacfaa1e5a834273e84872764236e20531a34a562a6712ec4ada2a13f2af9246c2ca4262bacaca4a0ac1d2a872c22a68426c3a5bfac3fa637add5a761206728072cd6a4f220da249326a8b04ca9d22881ab21210c2942ae32a2ca20339816ad8c23e9a7ef28d024cfa70a1ed3a8e5a848adcaa3bf28a618d79c89a8c3a7432812ad5c2ebe9fb32ef92a8ea61f282320b024'),
    (4, 1, x'6c2823a89aa8ada6b2acbba4141e101f121c81a64728eaae99a6c2a5ea28d8264728fd9d312944abf19a2faf002d9b2cc0a85aaa29af5cadda95daa32ead25a832a912242427b2a4c496ce9f20af991663a1b32750aee427fea83e1ecd2a29ada3ac6d2917ac05abdf2565a40f2810203ba06329872e14a2462c582aa8951224daaacea8281fb1a06c2b94ac7aa5efa857a38e2a47ac8f289ea8d8a583294fa5d0266693c5a345a6efad96a9a317881b29ad9529b5258cac71abe52400ae83a973a04ca27da0f622d6a9b1a72e2ed6ac2da78a85d6a8152b9797232857b0e42aa52a7fa9a92b1f204329742dd00018ab949d61acbaa97ba923a9d82abf284caaa52aa3adbda8b9a10c2b1e28c724cf2b14281e2c7da99fad3da6d828dc203b291928b825cb28fda88d2ad5aa96a0b8ac9f2528ad472c7eacf82036a101aa8f2b49a6792cf3aa86a995ae3f2672292020bba146aa4c2f582814aebfa442b0d72c1d2e792cd19d29a8abac092623a98da575a8afa45d29352dd01c829777ab1aac25ab4e29f220d929be24cea523ac5ea5bbac3d2e9e2155a5392e8aa582266da1ef2353a5b7256b2c32ac46af2f2c411e50294da4d02cb52dceab072838a855ad83a4a92692ac4fac922b5f956724c1aba0a895190c1e6f1be02c761c32ad2faa959fa12b0aa94ea6969e39a9ffa973a4ad29c02435a5522385aca629f7278520a7ad262ee9b03dabbcaa56273bada41d2fa360a5b3282f2c002327a5beaf562c79a55eae9d17472cc3a227ace22e6726eb21d1295bafaca017a3f52e54a840a8d3acf9a9f7a32420bda3252e1025f526182cea26ffa74dadc122fba9e32b93a981af9299502ad1a3821c1b1a422d5221169f9ba89fad3d2ccc2accaa9c26e82134a654a53c2838ac04a895a08c9d04a41b1e93256daa31920fa88e2cdfac54a4c227f8a496a51ea8962113ac93a010a108adb5202fa7b5210129b12216ac37226dad75a9262d3d9bcb2c8ba2539aa8aba629dba23e27d2242026f122d39c8e99cca805afb725942eb62a6b2fd52566aa89aaa9282424bda0ae28bda9962689a3');
insert into vector_blocks (embedder, block, stamp, vectors, scales, codes) values
    (1, 0, 2, 4, cast(x'00000000d268943a47a3a13a8542a13ab95c9e3a' || zeroblob(1004) as blob), cast(x'00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000008e9ee935033f1230de72cf2f1dd14fc18e506d826080f12d3235cb7b3bd26063020090df827ceed0b50ded0e72bf63bac322ec10736042d6a0cf3de1df7f8fb1dd0bc9336034300df15fdc8d84f1013f4e128fbdefad80832db40e207dbf602ede1e2dbbaf412291d6e0eec54d12bd510a828f9d54b2202dffef92024e2e7e8c4e6fc1f3bdc19ec5dfe16d6dc09ef10ba1ed84df331c213d8ea01f20c211dfcc3dcf7a122f5f52a1e0ad30e0fd92f17a805c83324cfd905f54421f31aa50e27f8e0195709ce41ac16e62ada3b0db3a8f23a0603f521110dd4353dc66720eaab1d19e5b032e6eb7f5f2bec1d9a05dec7b917040726dac9b1f122f91dcbebdec85326dedefdc013c6efd2ebc5bad5e2f3034424f520e14119c3222488dfebaad0d6170d75ee33040cccabde22471b16db443ce8fed44112fc1214eec9c7b21563b40612d409cf36e5041fedb0e822fc0ad006210255f7d2b833fd2d144938ef0c30c941362cf70dce03e604ea0d35c629a7a0fb0014b6fd0638fb18d4f8ec1fd4dd184a100df22d16480ed9e8d7cc3522cd4a0ad810fde0af020c95171aec05f4ddf138c40a08e3eec6dd010edb7fe805f6ef36ec372fd52be572f0d9b1cae8d7cde3f73cb9e9d8c1cbda1ef8ea190cf710de1a13efcd3f047fe523ee0b23dffc0705192b230bf2d1e1ea1cf1cc1adfe0f7149cd107f1dcea3aed1e21ed12ede7d124efe9d14b1ffae3c00c0cc53020d8e9ee07fabc3d0d3434f70e1f20f9e601dfe9ac03d5e9fe0d4e08c505e711e4e3ebe6b4e4ff32f4f118164218ff3840ec07baf1dbf7ecf9fc150ae9ca333bed17c1bff53dd5dd43b11b14f7086dd1f3f6e3c84209b7e31111c4fc0b1010b44d094b77f9cd24f8edd546eec6edd007efd419e51e34f1e508250006ff0d1ae3ec02e40616ffe7e04925d1dd4e3f0530c2001fb3df212fe70c43f0c9fdf03607df64eb141c210718fdc5f7f8f906e63741a500e29411e6f0e52d330c1dfb06e101e20f220d3170a801e8edc802f5e6f5e79f2df3d90de4a625baf705383107e0ef2d4a17e52bf0eff4190b2936159fba07fd58fffa272bf613d2da32c7261c1f2517a9d7e725d2e3f136c5c91aa90eedc0efd7070f3dff04e8ff2bb11bea030d230af00d00f808240606cbfbb41dda357af03610e9de17390ec2d5f7370c0d31f8fcf9b7131128cfdf260d38dd08e40dec162c1cb62612d5dc0017eebe0b0764cb67470c440428e203d7c0f5e51734f90208bb0b00fed3aff60d372e3b0f2ff81a266e0acc38e0fef4db3618e703ee19f1e1e6ee0cdafc125f2386ebf00d401ea20d041137d32dbc02105de3bb1ce540e3dc330329c643e821d7c1f607400e1d1b7fdf33fa0bea2fcdcaf8d11d26e120e5fe004d00dbdb31bcedf09ced2909db1c1553e2f002fa04fce4bfe9c7d5ea1523d50c20febca720250bd43a31fdf6af1ebd1b1d033ff2171f09ee3110f7f8045c03f5d4cdb20900d5c2f2eac80b05fd1ee436d51419f40dcac1f7e11700180c0703efec52b7f728103815cbf1c52739ed15eec4ecbee7071c33f1080f158ade1fd00820b1f608febf0ce71f0fe705e1e1bdf41e02fce3e71bc051fa552ceb1a070f1de5e2eac3f1050603eb1ca7ebed20161cfb22d1fda3413ce1d7a3bbfff3bde5de0d17f1fffaa401f719ae1ae0052cbdc423cbd313f21a07f92354f63729ff0dd4e106f830c5eee0f42ac91de2ed24ef16fff3ecb3dc0203bd2412c5d010b2dcf9f6f90bdae750c1e900e12efe1b902d2bdc3207224700d2fbc7dbdddf2c1fd72bb7e1f72e1b0f321a35ddb7ec1f08221a121fe02ad4f9c312bd37c608f8d931ec3ad3dcab142307f7d75e1cb1f1923f4f3afbe5c414dfeee3f1234304fed0cbd22208260fedcbefc35109ef50ee15f70def1239caa2360522f23e4ace1ae5bbf116c5c831ff0ecee20205033f04bdd8fa31dfecfbded9f2250fef0cc6251a07b75081d1d418bc05f4ef1e360bef9c38eeae0237f5ca59150a26a1f8f55ae4e5c2d9f307f34f10163516e6bb0bd933dc9ffe29f304024409fae2b7372cd4150aecef1bc9e6f9fcf30512d6ffe63bc1f219f0eee509cbf9f8bf08e909200bcb0abadd43fd3ef5fdce25f51710140bfcfee1a512552b6013d7d61e0df81edb15f4' || zeroblob(96384) as blob));
insert into exclusions (source_id, place, content) values
    ('src_01a201c3edb778b9af5563421569e31c', '33d4aa0d148e04bbec46eacfd8709c01', '6c2973aece2bd56fc880f6d8afbff7a1');
insert into turn_documents (document_id, number) values
    (1, 1);
insert into api_keys (id, name, hint, hash, scopes, created_at, expires_at, last_used_at) values
    ('key_01a20203edb778b9af5563421569e31c', 'Nextcloud', 'ham_x7Qd', x'9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', '["chat", "read"]', '2026-11-20T08:00:00.000Z', '', '2026-11-21T19:30:00.000Z');
insert into services (id, kind, url, connection, secret, added_at, models) values
    ('grenier', 'ollama', 'http://127.0.0.1:11434/', 'service.grenier', '', '2026-11-20T08:10:00.000Z', '[{"name": "mistral:7b"}]');
insert into passage_index (rowid, title, heading, body) values
    (1, 'moulin - =moulin', '', 'moulin meul dorm pes ton - =moulin =meule =dormante =pese =tonne'),
    (2, 'moulin - =moulin', 'rou - =roue', 'rou grand rou mesur 4.20 metr tourn 1789 - =roue =grande =roue =mesure =4.20 =metres =tourne =1789'),
    (3, 'dev eml paul meuni paul moulin exampl jeann - =devis =eml =paul =meunier =paul =moulin =example =jeanne', '', 'objet dev meul bonjour jeann dev meul 1240 euro - =objet =devis =meule =bonjour =jeanne =devis =meule =1240 =euros'),
    (4, 'lettr txt - =lettre =txt', '', 'cher jeann bientot - =chere =jeanne =bientot');
insert into passage_index (rowid, title, heading, body) values
    (6, 'fet  four agend - =fete  =four =agenda', '', ' fet  four  samed 7 novembr 2026  10 h  four banal -  =fete  =four  =samedi =7 =novembre =2026  =10 =h  =four =banal'),
    (7, 'repons eml jeann jeann exampl org paul meuni paul moulin exampl - =reponse =eml =jeanne =jeanne =example =org =paul =meunier =paul =moulin =example', '', 'objet re dev   meul merc paul  dev  va bonjour jeann  dev   meul   1240 euro - =objet =re =devis   =meule =merci =paul  =devis  =va =bonjour =jeanne  =devis   =meule   =1240 =euros');
insert into turn_index (rowid, question, answer) values
    (1, 'combien pes meul', 'meul dorm pes ton'),
    (2, 'rou', '');

CREATE TRIGGER jobs_of_source after delete on sources begin
    delete from jobs where subject = old.id;
end;

CREATE TRIGGER first_passage after insert on passages when new.ordinal = 0 begin
    update documents set first_passage = new.id where id = new.document_id;
end;

CREATE TRIGGER vector_counted after insert on vectors begin
    update embedders set vectors = vectors + 1 where number = new.embedder;
end;

CREATE TRIGGER vector_gone after delete on vectors begin
    update embedders set vectors = vectors - 1, stamp = stamp + 1 where number = old.embedder;
    update vector_blocks set
        stamp = (select e.stamp from embedders e where e.number = old.embedder),
        vectors = vectors - 1,
        scales = case vectors when 1 then x'' else cast(
            substr(scales, 1, 4 * (old.passage_id & 255)) || zeroblob(4) || substr(scales, 4 * (old.passage_id & 255) + 5)
        as blob) end,
        codes = case vectors when 1 then x'' else cast(
            substr(codes, 1, length(codes) / 256 * (old.passage_id & 255)) || zeroblob(length(codes) / 256)
            || substr(codes, length(codes) / 256 * ((old.passage_id & 255) + 1) + 1)
        as blob) end
    where embedder = old.embedder and block = old.passage_id >> 8;
end;

-- Numbers that were given once are never given again.
update sqlite_sequence set seq = 8 where name = 'documents';
update sqlite_sequence set seq = 8 where name = 'jobs';
update sqlite_sequence set seq = 7 where name = 'passages';
update sqlite_sequence set seq = 3 where name = 'sources';
update sqlite_sequence set seq = 2 where name = 'turns';
