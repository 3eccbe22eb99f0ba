-- The schema of revision 0033. Made by `python -m newsarchive.db.schema`; never edit it.

CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

CREATE TABLE authors (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	CONSTRAINT pk_authors PRIMARY KEY (id), 
	CONSTRAINT uq_authors_name_kind UNIQUE (name, kind)
);

CREATE TABLE clusters (
	id INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	size INTEGER NOT NULL, 
	CONSTRAINT pk_clusters PRIMARY KEY (id)
);

CREATE TABLE crawl_runs (
	id INTEGER NOT NULL, 
	spider TEXT NOT NULL, 
	arguments JSON NOT NULL, 
	started_at DATETIME NOT NULL, 
	finished_at DATETIME, 
	finish_reason TEXT NOT NULL, 
	stats JSON NOT NULL, 
	version TEXT NOT NULL, 
	site TEXT DEFAULT '' NOT NULL, 
	reached BOOLEAN DEFAULT 0 NOT NULL, warc_folder TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_crawl_runs PRIMARY KEY (id)
);

CREATE TABLE origins (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	domain TEXT NOT NULL, 
	CONSTRAINT pk_origins PRIMARY KEY (id), 
	CONSTRAINT uq_origins_name_domain UNIQUE (name, domain)
);

CREATE TABLE sites (
	id INTEGER NOT NULL, 
	domain TEXT NOT NULL, 
	name TEXT NOT NULL, 
	home_url TEXT NOT NULL, 
	platform TEXT NOT NULL, 
	in_language TEXT NOT NULL, 
	config JSON NOT NULL, 
	state TEXT NOT NULL, 
	last_success_at DATETIME, 
	CONSTRAINT pk_sites PRIMARY KEY (id), 
	CONSTRAINT uq_sites_domain UNIQUE (domain)
);

CREATE TABLE terms (
	id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	CONSTRAINT pk_terms PRIMARY KEY (id), 
	CONSTRAINT uq_terms_kind_name UNIQUE (kind, name)
);

CREATE TABLE articles (
	id INTEGER NOT NULL, 
	url TEXT NOT NULL, 
	url_key TEXT NOT NULL, 
	canonical_url TEXT NOT NULL, 
	canonical_key TEXT NOT NULL, 
	site_id INTEGER NOT NULL, 
	revision_id INTEGER, 
	headline TEXT NOT NULL, 
	date_published DATETIME, 
	date_published_raw TEXT NOT NULL, 
	date_published_source TEXT NOT NULL, 
	date_modified DATETIME, 
	date_modified_raw TEXT NOT NULL, 
	date_modified_source TEXT NOT NULL, 
	in_language TEXT NOT NULL, 
	in_language_source TEXT NOT NULL, 
	article_section TEXT NOT NULL, 
	publisher TEXT NOT NULL, 
	is_based_on TEXT NOT NULL, 
	is_accessible_for_free BOOLEAN, 
	word_count INTEGER NOT NULL, 
	quality JSON NOT NULL, 
	damage JSON NOT NULL, 
	content_hash TEXT NOT NULL, 
	record_hash TEXT NOT NULL, 
	minhash BLOB, 
	extractor_version INTEGER NOT NULL, 
	first_seen_at DATETIME NOT NULL, 
	last_seen_at DATETIME NOT NULL, 
	gone_at DATETIME, 
	cluster_id INTEGER, 
	unspaced BOOLEAN NOT NULL, 
	alternative_headline TEXT NOT NULL, 
	description TEXT NOT NULL, 
	article_body TEXT NOT NULL, 
	post_id TEXT DEFAULT '' NOT NULL, 
	candidates BLOB, 
	CONSTRAINT pk_articles PRIMARY KEY (id), 
	CONSTRAINT fk_articles_cluster_id_clusters FOREIGN KEY(cluster_id) REFERENCES clusters (id) ON DELETE SET NULL, 
	CONSTRAINT fk_articles_site_id_sites FOREIGN KEY(site_id) REFERENCES sites (id) ON DELETE CASCADE, 
	CONSTRAINT uq_articles_url_key UNIQUE (url_key)
);

CREATE TABLE site_blocks (
	site_id INTEGER NOT NULL, 
	fingerprint BIGINT NOT NULL, 
	role TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	label TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	pages INTEGER NOT NULL, 
	clusters INTEGER NOT NULL, 
	first TEXT NOT NULL, 
	first_seen_at DATETIME NOT NULL, 
	last_seen_at DATETIME NOT NULL, 
	sample TEXT NOT NULL, 
	is_proved BOOLEAN DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_site_blocks PRIMARY KEY (site_id, fingerprint, role, version), 
	CONSTRAINT fk_site_blocks_site_id_sites FOREIGN KEY(site_id) REFERENCES sites (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;

CREATE TABLE sources (
	id INTEGER NOT NULL, 
	site_id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	url TEXT NOT NULL, 
	etag TEXT NOT NULL, 
	last_modified TEXT NOT NULL, 
	last_checked_at DATETIME, 
	fail_count INTEGER NOT NULL, 
	CONSTRAINT pk_sources PRIMARY KEY (id), 
	CONSTRAINT fk_sources_site_id_sites FOREIGN KEY(site_id) REFERENCES sites (id) ON DELETE CASCADE, 
	CONSTRAINT uq_sources_site_id_url UNIQUE (site_id, url)
);

CREATE TABLE urls (
	id INTEGER NOT NULL, 
	url TEXT NOT NULL, 
	url_key TEXT NOT NULL, 
	site_id INTEGER, 
	first_seen_at DATETIME NOT NULL, 
	last_checked_at DATETIME, 
	next_check_at DATETIME, 
	etag TEXT NOT NULL, 
	last_modified TEXT NOT NULL, 
	state TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	fail_count INTEGER NOT NULL, 
	lastmod DATETIME, 
	reason_detail TEXT DEFAULT '' NOT NULL, 
	filled_from TEXT DEFAULT '' NOT NULL, 
	published DATETIME, 
	CONSTRAINT pk_urls PRIMARY KEY (id), 
	CONSTRAINT fk_urls_site_id_sites FOREIGN KEY(site_id) REFERENCES sites (id) ON DELETE SET NULL, 
	CONSTRAINT uq_urls_url_key UNIQUE (url_key)
);

CREATE TABLE article_authors (
	article_id INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	author_id INTEGER NOT NULL, url TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_article_authors PRIMARY KEY (article_id, position), 
	CONSTRAINT fk_article_authors_article_id_articles FOREIGN KEY(article_id) REFERENCES articles (id) ON DELETE CASCADE, 
	CONSTRAINT fk_article_authors_author_id_authors FOREIGN KEY(author_id) REFERENCES authors (id) ON DELETE CASCADE
);

CREATE TABLE article_origins (
	article_id INTEGER NOT NULL, 
	origin_id INTEGER NOT NULL, 
	original_id INTEGER, 
	url TEXT NOT NULL, 
	as_printed TEXT NOT NULL, 
	date DATETIME, 
	confidence DOUBLE NOT NULL, 
	evidence JSON NOT NULL, 
	credit_text TEXT NOT NULL, 
	copyright_notice TEXT NOT NULL, 
	copyright_holder TEXT NOT NULL, 
	copyright_year INTEGER, 
	license TEXT NOT NULL, 
	original_key TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_article_origins PRIMARY KEY (article_id), 
	CONSTRAINT fk_article_origins_article_id_articles FOREIGN KEY(article_id) REFERENCES articles (id) ON DELETE CASCADE, 
	CONSTRAINT fk_article_origins_origin_id_origins FOREIGN KEY(origin_id) REFERENCES origins (id) ON DELETE CASCADE, 
	CONSTRAINT fk_article_origins_original_id_articles FOREIGN KEY(original_id) REFERENCES articles (id) ON DELETE SET NULL
);

CREATE TABLE article_terms (
	article_id INTEGER NOT NULL, 
	term_id INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	CONSTRAINT pk_article_terms PRIMARY KEY (article_id, term_id), 
	CONSTRAINT fk_article_terms_article_id_articles FOREIGN KEY(article_id) REFERENCES articles (id) ON DELETE CASCADE, 
	CONSTRAINT fk_article_terms_term_id_terms FOREIGN KEY(term_id) REFERENCES terms (id) ON DELETE CASCADE
);

CREATE TABLE captures (
	id INTEGER NOT NULL, 
	url_id INTEGER NOT NULL, 
	run_id INTEGER, 
	fetched_at DATETIME NOT NULL, 
	final_url TEXT NOT NULL, 
	status INTEGER NOT NULL, 
	content_type TEXT NOT NULL, 
	charset_declared TEXT NOT NULL, 
	charset_used TEXT NOT NULL, 
	payload_digest TEXT NOT NULL, 
	warc_file TEXT NOT NULL, 
	warc_offset BIGINT, 
	warc_length BIGINT, 
	warc_digest TEXT DEFAULT '' NOT NULL, 
	extractor_version INTEGER DEFAULT '0' NOT NULL, 
	parent_id INTEGER, 
	part INTEGER DEFAULT '1' NOT NULL, 
	tls_verified BOOLEAN, refused TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_captures PRIMARY KEY (id), 
	CONSTRAINT fk_captures_run_id_crawl_runs FOREIGN KEY(run_id) REFERENCES crawl_runs (id) ON DELETE SET NULL, 
	CONSTRAINT fk_captures_url_id_urls FOREIGN KEY(url_id) REFERENCES urls (id) ON DELETE CASCADE
);

CREATE TABLE discoveries (
	id INTEGER NOT NULL, 
	url_id INTEGER NOT NULL, 
	source_id INTEGER, 
	run_id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	CONSTRAINT pk_discoveries PRIMARY KEY (id), 
	CONSTRAINT fk_discoveries_run_id_crawl_runs FOREIGN KEY(run_id) REFERENCES crawl_runs (id) ON DELETE CASCADE, 
	CONSTRAINT fk_discoveries_source_id_sources FOREIGN KEY(source_id) REFERENCES sources (id) ON DELETE SET NULL, 
	CONSTRAINT fk_discoveries_url_id_urls FOREIGN KEY(url_id) REFERENCES urls (id) ON DELETE CASCADE, 
	CONSTRAINT uq_discoveries_url_id_run_id_kind UNIQUE (url_id, run_id, kind)
);

CREATE TABLE images (
	article_id INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	url TEXT NOT NULL, 
	caption TEXT NOT NULL, 
	credit TEXT NOT NULL, 
	CONSTRAINT pk_images PRIMARY KEY (article_id, position), 
	CONSTRAINT fk_images_article_id_articles FOREIGN KEY(article_id) REFERENCES articles (id) ON DELETE CASCADE
);

CREATE TABLE minhash_bands (
	hash BIGINT NOT NULL, 
	article_id INTEGER NOT NULL, 
	CONSTRAINT pk_minhash_bands PRIMARY KEY (hash, article_id)
)
 WITHOUT ROWID

;

CREATE TABLE minhash_pages (
	page BIGINT NOT NULL, 
	entries BLOB NOT NULL, 
	CONSTRAINT pk_minhash_pages PRIMARY KEY (page)
);

CREATE TABLE article_revisions (
	id INTEGER NOT NULL, 
	article_id INTEGER NOT NULL, 
	capture_id INTEGER, 
	version INTEGER NOT NULL, 
	change_kind TEXT NOT NULL, 
	extractor_version INTEGER NOT NULL, 
	seen_at DATETIME NOT NULL, 
	payload_digest TEXT NOT NULL, 
	content_hash TEXT NOT NULL, 
	headline TEXT NOT NULL, 
	alternative_headline TEXT NOT NULL, 
	description TEXT NOT NULL, 
	article_body BLOB, 
	run_id INTEGER, 
	markup BLOB, 
	CONSTRAINT pk_article_revisions PRIMARY KEY (id), 
	CONSTRAINT fk_article_revisions_article_id_articles FOREIGN KEY(article_id) REFERENCES articles (id) ON DELETE CASCADE, 
	CONSTRAINT fk_article_revisions_capture_id_captures FOREIGN KEY(capture_id) REFERENCES captures (id) ON DELETE SET NULL, 
	CONSTRAINT uq_article_revisions_article_id_version UNIQUE (article_id, version)
);

CREATE TABLE lines (
	hash BIGINT NOT NULL, 
	text TEXT NOT NULL, 
	CONSTRAINT pk_lines PRIMARY KEY (hash)
)
 WITHOUT ROWID

;

CREATE TABLE block_labels (
	id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	rule TEXT NOT NULL, 
	CONSTRAINT pk_block_labels PRIMARY KEY (id), 
	CONSTRAINT uq_block_labels_kind_rule UNIQUE (kind, rule)
);

CREATE TABLE edits (
	id INTEGER NOT NULL, 
	revision_id INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	step TEXT NOT NULL, 
	rule TEXT NOT NULL, 
	"before" TEXT NOT NULL, 
	"after" TEXT NOT NULL, 
	field TEXT NOT NULL, 
	start INTEGER NOT NULL, 
	evidence DOUBLE, 
	CONSTRAINT pk_edits PRIMARY KEY (id), 
	CONSTRAINT fk_edits_revision_id_article_revisions FOREIGN KEY(revision_id) REFERENCES article_revisions (id) ON DELETE CASCADE, 
	CONSTRAINT uq_edits_revision_id_position UNIQUE (revision_id, position)
);

CREATE TABLE field_changes (
	id INTEGER NOT NULL, 
	article_id INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	run_id INTEGER, 
	change_kind TEXT NOT NULL, 
	extractor_version INTEGER NOT NULL, 
	seen_at DATETIME NOT NULL, 
	field TEXT NOT NULL, 
	value_before JSON NOT NULL, 
	value_after JSON NOT NULL, 
	CONSTRAINT pk_field_changes PRIMARY KEY (id), 
	CONSTRAINT fk_field_changes_article_id_articles FOREIGN KEY(article_id) REFERENCES articles (id) ON DELETE CASCADE
);

CREATE TABLE source_texts (
	url_id INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	title TEXT NOT NULL, 
	author TEXT NOT NULL, 
	is_full BOOLEAN NOT NULL, 
	published DATETIME, 
	updated DATETIME, 
	html BLOB, 
	published_offset INTEGER, 
	updated_offset INTEGER, 
	authors JSON DEFAULT '[]' NOT NULL, 
	keywords JSON DEFAULT '[]' NOT NULL, 
	sections JSON DEFAULT '[]' NOT NULL, 
	in_language TEXT DEFAULT '' NOT NULL, 
	image TEXT DEFAULT '' NOT NULL, 
	publisher TEXT DEFAULT '' NOT NULL, 
	post_id TEXT DEFAULT '' NOT NULL, warc_file TEXT DEFAULT '' NOT NULL, warc_offset BIGINT DEFAULT '0' NOT NULL, warc_length BIGINT DEFAULT '0' NOT NULL, warc_digest TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_source_texts PRIMARY KEY (url_id), 
	CONSTRAINT fk_source_texts_url_id_urls FOREIGN KEY(url_id) REFERENCES urls (id) ON DELETE CASCADE
);

CREATE TABLE url_parts (
	url_id INTEGER NOT NULL, 
	part INTEGER NOT NULL, 
	url TEXT NOT NULL, 
	etag TEXT NOT NULL, 
	last_modified TEXT NOT NULL, 
	CONSTRAINT pk_url_parts PRIMARY KEY (url_id, part), 
	CONSTRAINT fk_url_parts_url_id_urls FOREIGN KEY(url_id) REFERENCES urls (id) ON DELETE CASCADE
);

CREATE TABLE crawl_defaults (
	scope TEXT NOT NULL, 
	config JSON NOT NULL, 
	CONSTRAINT pk_crawl_defaults PRIMARY KEY (scope)
);

CREATE TABLE quarantine (
	article_id INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	since DATETIME NOT NULL, 
	decided_at DATETIME, 
	alarm_id INTEGER, 
	CONSTRAINT pk_quarantine PRIMARY KEY (article_id), 
	CONSTRAINT fk_quarantine_article_id_articles FOREIGN KEY(article_id) REFERENCES articles (id) ON DELETE CASCADE
);

CREATE TABLE copies (
	article_id INTEGER NOT NULL, 
	fullest_id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	similarity DOUBLE NOT NULL, 
	kept INTEGER NOT NULL, 
	added INTEGER NOT NULL, 
	cut INTEGER NOT NULL, 
	altered INTEGER NOT NULL, 
	CONSTRAINT pk_copies PRIMARY KEY (article_id), 
	CONSTRAINT fk_copies_article_id_articles FOREIGN KEY(article_id) REFERENCES articles (id) ON DELETE CASCADE, 
	CONSTRAINT fk_copies_fullest_id_articles FOREIGN KEY(fullest_id) REFERENCES articles (id) ON DELETE CASCADE
);

CREATE TABLE paraphrases (
	a_id INTEGER NOT NULL, 
	b_id INTEGER NOT NULL, 
	score DOUBLE NOT NULL, 
	shared JSON NOT NULL, 
	CONSTRAINT pk_paraphrases PRIMARY KEY (a_id, b_id), 
	CONSTRAINT fk_paraphrases_a_id_articles FOREIGN KEY(a_id) REFERENCES articles (id) ON DELETE CASCADE, 
	CONSTRAINT fk_paraphrases_b_id_articles FOREIGN KEY(b_id) REFERENCES articles (id) ON DELETE CASCADE
);

CREATE TABLE page_sightings (
	article_id INTEGER NOT NULL, 
	site_id INTEGER NOT NULL, 
	seen_at DATETIME NOT NULL, 
	digest BIGINT NOT NULL, 
	verdict BIGINT NOT NULL, 
	layout INTEGER NOT NULL, 
	origin TEXT NOT NULL, 
	record BLOB NOT NULL, 
	CONSTRAINT pk_page_sightings PRIMARY KEY (article_id), 
	CONSTRAINT fk_page_sightings_article_id_articles FOREIGN KEY(article_id) REFERENCES articles (id) ON DELETE CASCADE, 
	CONSTRAINT fk_page_sightings_site_id_sites FOREIGN KEY(site_id) REFERENCES sites (id) ON DELETE CASCADE
);

CREATE TABLE line_sightings (
	fingerprint BIGINT NOT NULL, 
	article_id INTEGER NOT NULL, 
	is_named BOOLEAN NOT NULL, 
	CONSTRAINT pk_line_sightings PRIMARY KEY (fingerprint, article_id), 
	CONSTRAINT fk_line_sightings_article_id_articles FOREIGN KEY(article_id) REFERENCES articles (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;

CREATE TABLE alarms (
	id INTEGER NOT NULL, 
	site_id INTEGER NOT NULL, 
	run_id INTEGER, 
	kind TEXT NOT NULL, 
	since DATETIME NOT NULL, 
	raised_at DATETIME NOT NULL, 
	cleared_at DATETIME, 
	told_at DATETIME, 
	is_settled BOOLEAN DEFAULT 0 NOT NULL, 
	evidence JSON NOT NULL, 
	CONSTRAINT pk_alarms PRIMARY KEY (id), 
	CONSTRAINT fk_alarms_site_id_sites FOREIGN KEY(site_id) REFERENCES sites (id) ON DELETE CASCADE, 
	CONSTRAINT fk_alarms_run_id_crawl_runs FOREIGN KEY(run_id) REFERENCES crawl_runs (id) ON DELETE SET NULL
);

CREATE TABLE withholdings (
	id INTEGER NOT NULL, 
	article_id INTEGER NOT NULL, 
	url TEXT NOT NULL, 
	url_key TEXT NOT NULL, 
	canonical_key TEXT NOT NULL, 
	post_id TEXT NOT NULL, 
	site TEXT NOT NULL, 
	state TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	decided_by TEXT NOT NULL, 
	since DATETIME NOT NULL, 
	until DATETIME, 
	ended_at DATETIME, 
	versions JSON NOT NULL, 
	CONSTRAINT pk_withholdings PRIMARY KEY (id)
);

CREATE TABLE sealed_texts (
	withholding_id INTEGER NOT NULL, 
	payload BLOB NOT NULL, 
	CONSTRAINT pk_sealed_texts PRIMARY KEY (withholding_id)
);

CREATE TABLE rights (
	id INTEGER NOT NULL, 
	digest TEXT NOT NULL, 
	tdm_reserved BOOLEAN, 
	licence TEXT NOT NULL, 
	statement JSON NOT NULL, 
	CONSTRAINT pk_rights PRIMARY KEY (id), 
	CONSTRAINT uq_rights_digest UNIQUE (digest)
);

CREATE TABLE capture_rights (
	capture_id INTEGER NOT NULL, 
	rights_id INTEGER NOT NULL, 
	CONSTRAINT pk_capture_rights PRIMARY KEY (capture_id), 
	CONSTRAINT fk_capture_rights_capture_id_captures FOREIGN KEY(capture_id) REFERENCES captures (id) ON DELETE CASCADE, 
	CONSTRAINT fk_capture_rights_rights_id_rights FOREIGN KEY(rights_id) REFERENCES rights (id) ON DELETE CASCADE
);

CREATE TABLE listing_looks (
	id INTEGER NOT NULL, 
	source_id INTEGER NOT NULL, 
	first_at DATETIME NOT NULL, 
	last_at DATETIME NOT NULL, 
	looks INTEGER NOT NULL, 
	posts INTEGER NOT NULL, 
	digest TEXT NOT NULL, 
	CONSTRAINT pk_listing_looks PRIMARY KEY (id), 
	CONSTRAINT fk_listing_looks_source_id_sources FOREIGN KEY(source_id) REFERENCES sources (id) ON DELETE CASCADE
);

CREATE TABLE hub_subscriptions (
	id INTEGER NOT NULL, 
	site_id INTEGER NOT NULL, 
	hub TEXT NOT NULL, 
	topic TEXT NOT NULL, 
	state TEXT NOT NULL, 
	verified_since DATETIME, 
	lease_until DATETIME, 
	relied_until DATETIME, 
	seen_at DATETIME NOT NULL, 
	announced INTEGER DEFAULT '0' NOT NULL, 
	problem TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_hub_subscriptions PRIMARY KEY (id), 
	CONSTRAINT fk_hub_subscriptions_site_id_sites FOREIGN KEY(site_id) REFERENCES sites (id) ON DELETE CASCADE, 
	CONSTRAINT uq_hub_subscriptions_site_id_hub_topic UNIQUE (site_id, hub, topic)
);

CREATE TABLE hub_pushes (
	id INTEGER NOT NULL, 
	site_id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_hub_pushes PRIMARY KEY (id), 
	CONSTRAINT fk_hub_pushes_site_id_sites FOREIGN KEY(site_id) REFERENCES sites (id) ON DELETE CASCADE
);

CREATE VIRTUAL TABLE article_search USING fts5(
        article_body, headline, content='articles', content_rowid='id',
        tokenize="unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'");

CREATE VIRTUAL TABLE article_trigrams USING fts5(
        article_body, headline, content='articles', content_rowid='id', tokenize='trigram');

CREATE TABLE "dropped_lines" (
        revision_id INTEGER NOT NULL,
        position INTEGER NOT NULL,
        label_id INTEGER NOT NULL,
        line_hash BIGINT NOT NULL,
        score DOUBLE,
        CONSTRAINT pk_dropped_lines PRIMARY KEY (revision_id, position),
        CONSTRAINT fk_dropped_lines_revision_id_article_revisions
            FOREIGN KEY(revision_id) REFERENCES article_revisions (id) ON DELETE CASCADE
    ) WITHOUT ROWID
    ;

CREATE TABLE corrections (
	id INTEGER NOT NULL, 
	article_id INTEGER NOT NULL, 
	field TEXT NOT NULL, 
	value_before JSON NOT NULL, 
	value_after JSON NOT NULL, 
	reason TEXT NOT NULL, 
	decided_by TEXT NOT NULL, 
	made_at DATETIME NOT NULL, 
	undone_at DATETIME, 
	CONSTRAINT pk_corrections PRIMARY KEY (id), 
	CONSTRAINT fk_corrections_article_id_articles FOREIGN KEY(article_id) REFERENCES articles (id) ON DELETE CASCADE
);

CREATE TABLE robots_files (
	host TEXT NOT NULL, 
	body TEXT NOT NULL, 
	seen_at DATETIME NOT NULL, 
	CONSTRAINT pk_robots_files PRIMARY KEY (host)
);

CREATE INDEX ix_crawl_runs_spider_site_started_at_reached ON crawl_runs (spider, site, started_at, reached);

CREATE INDEX ix_origins_domain ON origins (domain);

CREATE INDEX ix_articles_canonical_key ON articles (canonical_key);

CREATE INDEX ix_articles_content_hash ON articles (content_hash);

CREATE INDEX ix_articles_date_published ON articles (date_published);

CREATE INDEX ix_articles_extractor_version ON articles (extractor_version);

CREATE INDEX ix_articles_in_language ON articles (in_language);

CREATE INDEX ix_articles_last_seen_at ON articles (last_seen_at);

CREATE INDEX ix_articles_revision_id ON articles (revision_id);

CREATE INDEX ix_articles_site_id_date_published ON articles (site_id, date_published);

CREATE INDEX ix_articles_post_id ON articles (post_id);

CREATE INDEX ix_articles_site_id_last_seen_at ON articles (site_id, last_seen_at);

CREATE INDEX ix_articles_long_unspaced ON articles (id) WHERE unspaced AND length(article_body) > 200000;

CREATE INDEX ix_articles_gone_at ON articles (gone_at) WHERE gone_at IS NOT NULL;

CREATE INDEX ix_articles_story ON articles (cluster_id, date_published, first_seen_at);

CREATE INDEX ix_site_blocks_site_id_last_seen_at ON site_blocks (site_id, last_seen_at);

CREATE INDEX ix_urls_next_check_at ON urls (next_check_at);

CREATE INDEX ix_urls_site_id ON urls (site_id);

CREATE INDEX ix_article_authors_author_id ON article_authors (author_id);

CREATE INDEX ix_article_origins_origin_id ON article_origins (origin_id);

CREATE INDEX ix_article_origins_original_id ON article_origins (original_id);

CREATE INDEX ix_article_origins_original_key ON article_origins (original_key);

CREATE INDEX ix_article_terms_term_id ON article_terms (term_id);

CREATE INDEX ix_captures_payload_digest ON captures (payload_digest);

CREATE INDEX ix_captures_run_id ON captures (run_id);

CREATE INDEX ix_captures_url_id_fetched_at ON captures (url_id, fetched_at);

CREATE INDEX ix_captures_warc_file_warc_offset ON captures (warc_file, warc_offset);

CREATE INDEX ix_captures_warc_digest ON captures (warc_digest);

CREATE INDEX ix_captures_parent_id ON captures (parent_id);

CREATE INDEX ix_discoveries_run_id ON discoveries (run_id);

CREATE INDEX ix_discoveries_source_id ON discoveries (source_id);

CREATE INDEX ix_article_revisions_capture_id ON article_revisions (capture_id);

CREATE INDEX ix_edits_rule ON edits (rule);

CREATE INDEX ix_field_changes_article_id ON field_changes (article_id);

CREATE INDEX ix_quarantine_alarm_id ON quarantine (alarm_id);

CREATE INDEX ix_copies_fullest_id ON copies (fullest_id);

CREATE INDEX ix_paraphrases_b_id ON paraphrases (b_id);

CREATE INDEX ix_page_sightings_site_id_seen_at ON page_sightings (site_id, seen_at);

CREATE INDEX ix_line_sightings_article_id ON line_sightings (article_id);

CREATE INDEX ix_alarms_site_id_cleared_at ON alarms (site_id, cleared_at);

CREATE INDEX ix_alarms_run_id ON alarms (run_id);

CREATE INDEX ix_withholdings_article_id ON withholdings (article_id);

CREATE INDEX ix_withholdings_url_key ON withholdings (url_key);

CREATE INDEX ix_withholdings_site_state ON withholdings (site, state);

CREATE INDEX ix_capture_rights_rights_id ON capture_rights (rights_id);

CREATE INDEX ix_listing_looks_source_id ON listing_looks (source_id);

CREATE INDEX ix_hub_pushes_site_id_at ON hub_pushes (site_id, at);

CREATE INDEX ix_site_blocks_heads ON site_blocks (fingerprint) WHERE role IN ('head', 'inset');

CREATE INDEX ix_crawl_runs_finished_at_spider ON crawl_runs (finished_at, spider);

CREATE INDEX ix_crawl_runs_warc_folder ON crawl_runs (warc_folder, id) WHERE warc_folder > '';

CREATE INDEX ix_corrections_article_id ON corrections (article_id);

CREATE VIEW reposts AS 
        SELECT a.id, s.domain AS site, a.url, a.headline, a.date_published,
               o.name AS origin, o.domain AS origin_domain, ao.url AS origin_url,
               ao.as_printed AS origin_as_printed, ao.date AS origin_date, ao.confidence AS origin_confidence,
               ao.credit_text, ao.copyright_notice, ao.copyright_holder, ao.copyright_year, ao.license,
               ao.original_id
        FROM article_origins AS ao
        JOIN articles AS a ON a.id = ao.article_id
        JOIN sites AS s ON s.id = a.site_id
        JOIN origins AS o ON o.id = ao.origin_id
        WHERE a.id NOT IN (SELECT article_id FROM quarantine WHERE state <> 'accepted');

CREATE VIEW edits_made AS 
        SELECT a.id, s.domain AS site, a.url, a.headline, e.step, e.rule, e.before, e.after, e.field, e.start,
               e.evidence
        FROM edits AS e
        JOIN articles AS a ON a.revision_id = e.revision_id
        JOIN sites AS s ON s.id = a.site_id
        WHERE a.id NOT IN (SELECT article_id FROM quarantine WHERE state <> 'accepted');

CREATE VIEW blocks AS 
        SELECT d.revision_id, d.position, b.kind, b.rule, l.text, d.score
        FROM dropped_lines AS d
        JOIN block_labels AS b ON b.id = d.label_id
        JOIN "lines" AS l ON l.hash = d.line_hash;

CREATE VIEW dropped_text AS 
        SELECT a.id, s.domain AS site, a.url, a.headline, b.position, b.kind, b.rule, b.text
        FROM blocks AS b
        JOIN articles AS a ON a.revision_id = b.revision_id
        JOIN sites AS s ON s.id = a.site_id
        WHERE a.id NOT IN (SELECT article_id FROM quarantine WHERE state <> 'accepted');

CREATE VIEW current_articles AS SELECT a.id AS id, a.url AS url, a.canonical_url AS canonical_url, a.headline AS headline, a.alternative_headline AS alternative_headline, a.description AS description, (SELECT coalesce(json_group_array(name), '[]') FROM (SELECT au.name FROM article_authors AS aa JOIN authors AS au ON au.id = aa.author_id WHERE aa.article_id = a.id ORDER BY aa.position) AS listed) AS authors, a.publisher AS publisher, a.date_published AS date_published, a.date_published_source AS date_published_source, a.date_modified AS date_modified, a.date_modified_source AS date_modified_source, a.in_language AS in_language, a.article_section AS article_section, (SELECT coalesce(json_group_array(name), '[]') FROM (SELECT t.name FROM article_terms AS link JOIN terms AS t ON t.id = link.term_id WHERE link.article_id = a.id AND t.kind = 'keyword' ORDER BY link.position) AS listed) AS keywords, coalesce((SELECT i.url FROM images AS i WHERE i.article_id = a.id ORDER BY i.position LIMIT 1), '') AS image, a.is_based_on AS is_based_on, a.is_accessible_for_free AS is_accessible_for_free, coalesce(ao.credit_text, '') AS credit_text, coalesce(ao.copyright_notice, '') AS copyright_notice, coalesce(ao.copyright_holder, '') AS copyright_holder, ao.copyright_year AS copyright_year, coalesce(ao.license, '') AS license, a.word_count AS word_count, a.article_body AS article_body, s.domain AS site, coalesce(o.name, '') AS origin, coalesce(o.domain, '') AS origin_domain, coalesce(ao.url, '') AS origin_url, ao.confidence AS origin_confidence, CAST(json_extract(a.quality, '$.confidence') AS DOUBLE) AS confidence, (SELECT count(*) FROM edits AS e WHERE e.revision_id = a.revision_id AND e.step = 'repair') AS repairs, a.cluster_id AS cluster_id, r.version AS version, a.first_seen_at AS first_seen_at, a.last_seen_at AS last_seen_at, a.gone_at AS gone_at, (SELECT coalesce(json_group_array(name), '[]') FROM (SELECT DISTINCT c.field AS name FROM corrections AS c WHERE c.article_id = a.id AND c.undone_at IS NULL ORDER BY 1) AS listed) AS corrected, r.change_kind, a.record_hash 
    FROM articles AS a
    JOIN sites AS s ON s.id = a.site_id
    JOIN article_revisions AS r ON r.id = a.revision_id
    LEFT JOIN article_origins AS ao ON ao.article_id = a.id
    LEFT JOIN origins AS o ON o.id = ao.origin_id
 WHERE a.id NOT IN (SELECT article_id FROM quarantine WHERE state <> 'accepted' UNION ALL SELECT article_id FROM withholdings WHERE state <> 'lifted');

CREATE VIEW first_copies AS SELECT a.id AS id, a.url AS url, a.canonical_url AS canonical_url, a.headline AS headline, a.alternative_headline AS alternative_headline, a.description AS description, (SELECT coalesce(json_group_array(name), '[]') FROM (SELECT au.name FROM article_authors AS aa JOIN authors AS au ON au.id = aa.author_id WHERE aa.article_id = a.id ORDER BY aa.position) AS listed) AS authors, a.publisher AS publisher, a.date_published AS date_published, a.date_published_source AS date_published_source, a.date_modified AS date_modified, a.date_modified_source AS date_modified_source, a.in_language AS in_language, a.article_section AS article_section, (SELECT coalesce(json_group_array(name), '[]') FROM (SELECT t.name FROM article_terms AS link JOIN terms AS t ON t.id = link.term_id WHERE link.article_id = a.id AND t.kind = 'keyword' ORDER BY link.position) AS listed) AS keywords, coalesce((SELECT i.url FROM images AS i WHERE i.article_id = a.id ORDER BY i.position LIMIT 1), '') AS image, a.is_based_on AS is_based_on, a.is_accessible_for_free AS is_accessible_for_free, coalesce(ao.credit_text, '') AS credit_text, coalesce(ao.copyright_notice, '') AS copyright_notice, coalesce(ao.copyright_holder, '') AS copyright_holder, ao.copyright_year AS copyright_year, coalesce(ao.license, '') AS license, a.word_count AS word_count, a.article_body AS article_body, s.domain AS site, coalesce(o.name, '') AS origin, coalesce(o.domain, '') AS origin_domain, coalesce(ao.url, '') AS origin_url, ao.confidence AS origin_confidence, CAST(json_extract(a.quality, '$.confidence') AS DOUBLE) AS confidence, (SELECT count(*) FROM edits AS e WHERE e.revision_id = a.revision_id AND e.step = 'repair') AS repairs, a.cluster_id AS cluster_id, r.version AS version, a.first_seen_at AS first_seen_at, a.last_seen_at AS last_seen_at, a.gone_at AS gone_at, (SELECT coalesce(json_group_array(name), '[]') FROM (SELECT DISTINCT c.field AS name FROM corrections AS c WHERE c.article_id = a.id AND c.undone_at IS NULL ORDER BY 1) AS listed) AS corrected, r.change_kind, a.record_hash 
    FROM articles AS a
    JOIN sites AS s ON s.id = a.site_id
    JOIN article_revisions AS r ON r.id = a.revision_id
    LEFT JOIN article_origins AS ao ON ao.article_id = a.id
    LEFT JOIN origins AS o ON o.id = ao.origin_id
 WHERE a.id NOT IN (SELECT article_id FROM quarantine WHERE state <> 'accepted' UNION ALL SELECT article_id FROM withholdings WHERE state <> 'lifted') AND (a.cluster_id IS NULL OR NOT EXISTS (SELECT 1 FROM article_origins AS credit JOIN articles AS source ON source.id = credit.original_id WHERE credit.article_id = a.id AND source.cluster_id = a.cluster_id AND NOT EXISTS (SELECT 1 FROM article_origins AS named WHERE named.article_id = source.id) AND source.id NOT IN (SELECT article_id FROM quarantine WHERE state <> 'accepted' UNION ALL SELECT article_id FROM withholdings WHERE state <> 'lifted')) AND NOT EXISTS (SELECT 1 FROM articles AS earlier WHERE earlier.cluster_id = a.cluster_id AND (coalesce(earlier.date_published, earlier.first_seen_at) < coalesce(a.date_published, a.first_seen_at) OR (coalesce(earlier.date_published, earlier.first_seen_at) = coalesce(a.date_published, a.first_seen_at) AND earlier.id < a.id)) AND earlier.id NOT IN (SELECT article_id FROM quarantine WHERE state <> 'accepted' UNION ALL SELECT article_id FROM withholdings WHERE state <> 'lifted') AND NOT EXISTS (SELECT 1 FROM article_origins AS credit JOIN articles AS source ON source.id = credit.original_id WHERE credit.article_id = earlier.id AND source.cluster_id = earlier.cluster_id AND NOT EXISTS (SELECT 1 FROM article_origins AS named WHERE named.article_id = source.id) AND source.id NOT IN (SELECT article_id FROM quarantine WHERE state <> 'accepted' UNION ALL SELECT article_id FROM withholdings WHERE state <> 'lifted'))));

CREATE VIEW own_articles AS SELECT a.id AS id, a.url AS url, a.canonical_url AS canonical_url, a.headline AS headline, a.alternative_headline AS alternative_headline, a.description AS description, (SELECT coalesce(json_group_array(name), '[]') FROM (SELECT au.name FROM article_authors AS aa JOIN authors AS au ON au.id = aa.author_id WHERE aa.article_id = a.id ORDER BY aa.position) AS listed) AS authors, a.publisher AS publisher, a.date_published AS date_published, a.date_published_source AS date_published_source, a.date_modified AS date_modified, a.date_modified_source AS date_modified_source, a.in_language AS in_language, a.article_section AS article_section, (SELECT coalesce(json_group_array(name), '[]') FROM (SELECT t.name FROM article_terms AS link JOIN terms AS t ON t.id = link.term_id WHERE link.article_id = a.id AND t.kind = 'keyword' ORDER BY link.position) AS listed) AS keywords, coalesce((SELECT i.url FROM images AS i WHERE i.article_id = a.id ORDER BY i.position LIMIT 1), '') AS image, a.is_based_on AS is_based_on, a.is_accessible_for_free AS is_accessible_for_free, coalesce(ao.credit_text, '') AS credit_text, coalesce(ao.copyright_notice, '') AS copyright_notice, coalesce(ao.copyright_holder, '') AS copyright_holder, ao.copyright_year AS copyright_year, coalesce(ao.license, '') AS license, a.word_count AS word_count, a.article_body AS article_body, s.domain AS site, coalesce(o.name, '') AS origin, coalesce(o.domain, '') AS origin_domain, coalesce(ao.url, '') AS origin_url, ao.confidence AS origin_confidence, CAST(json_extract(a.quality, '$.confidence') AS DOUBLE) AS confidence, (SELECT count(*) FROM edits AS e WHERE e.revision_id = a.revision_id AND e.step = 'repair') AS repairs, a.cluster_id AS cluster_id, r.version AS version, a.first_seen_at AS first_seen_at, a.last_seen_at AS last_seen_at, a.gone_at AS gone_at, (SELECT coalesce(json_group_array(name), '[]') FROM (SELECT DISTINCT c.field AS name FROM corrections AS c WHERE c.article_id = a.id AND c.undone_at IS NULL ORDER BY 1) AS listed) AS corrected, r.change_kind, a.record_hash 
    FROM articles AS a
    JOIN sites AS s ON s.id = a.site_id
    JOIN article_revisions AS r ON r.id = a.revision_id
    LEFT JOIN article_origins AS ao ON ao.article_id = a.id
    LEFT JOIN origins AS o ON o.id = ao.origin_id
 WHERE a.id NOT IN (SELECT article_id FROM quarantine WHERE state <> 'accepted' UNION ALL SELECT article_id FROM withholdings WHERE state <> 'lifted') AND a.id NOT IN (SELECT article_id FROM article_origins) AND (a.cluster_id IS NULL OR NOT EXISTS (SELECT 1 FROM article_origins AS credit JOIN articles AS source ON source.id = credit.original_id WHERE credit.article_id = a.id AND source.cluster_id = a.cluster_id AND NOT EXISTS (SELECT 1 FROM article_origins AS named WHERE named.article_id = source.id) AND source.id NOT IN (SELECT article_id FROM quarantine WHERE state <> 'accepted' UNION ALL SELECT article_id FROM withholdings WHERE state <> 'lifted')) AND NOT EXISTS (SELECT 1 FROM articles AS earlier WHERE earlier.cluster_id = a.cluster_id AND (coalesce(earlier.date_published, earlier.first_seen_at) < coalesce(a.date_published, a.first_seen_at) OR (coalesce(earlier.date_published, earlier.first_seen_at) = coalesce(a.date_published, a.first_seen_at) AND earlier.id < a.id)) AND earlier.id NOT IN (SELECT article_id FROM quarantine WHERE state <> 'accepted' UNION ALL SELECT article_id FROM withholdings WHERE state <> 'lifted') AND NOT EXISTS (SELECT 1 FROM article_origins AS credit JOIN articles AS source ON source.id = credit.original_id WHERE credit.article_id = earlier.id AND source.cluster_id = earlier.cluster_id AND NOT EXISTS (SELECT 1 FROM article_origins AS named WHERE named.article_id = source.id) AND source.id NOT IN (SELECT article_id FROM quarantine WHERE state <> 'accepted' UNION ALL SELECT article_id FROM withholdings WHERE state <> 'lifted'))));

CREATE VIEW hidden_articles AS SELECT a.id AS id, a.url AS url, a.canonical_url AS canonical_url, a.headline AS headline, a.alternative_headline AS alternative_headline, a.description AS description, (SELECT coalesce(json_group_array(name), '[]') FROM (SELECT au.name FROM article_authors AS aa JOIN authors AS au ON au.id = aa.author_id WHERE aa.article_id = a.id ORDER BY aa.position) AS listed) AS authors, a.publisher AS publisher, a.date_published AS date_published, a.date_published_source AS date_published_source, a.date_modified AS date_modified, a.date_modified_source AS date_modified_source, a.in_language AS in_language, a.article_section AS article_section, (SELECT coalesce(json_group_array(name), '[]') FROM (SELECT t.name FROM article_terms AS link JOIN terms AS t ON t.id = link.term_id WHERE link.article_id = a.id AND t.kind = 'keyword' ORDER BY link.position) AS listed) AS keywords, coalesce((SELECT i.url FROM images AS i WHERE i.article_id = a.id ORDER BY i.position LIMIT 1), '') AS image, a.is_based_on AS is_based_on, a.is_accessible_for_free AS is_accessible_for_free, coalesce(ao.credit_text, '') AS credit_text, coalesce(ao.copyright_notice, '') AS copyright_notice, coalesce(ao.copyright_holder, '') AS copyright_holder, ao.copyright_year AS copyright_year, coalesce(ao.license, '') AS license, a.word_count AS word_count, a.article_body AS article_body, s.domain AS site, coalesce(o.name, '') AS origin, coalesce(o.domain, '') AS origin_domain, coalesce(ao.url, '') AS origin_url, ao.confidence AS origin_confidence, CAST(json_extract(a.quality, '$.confidence') AS DOUBLE) AS confidence, (SELECT count(*) FROM edits AS e WHERE e.revision_id = a.revision_id AND e.step = 'repair') AS repairs, a.cluster_id AS cluster_id, r.version AS version, a.first_seen_at AS first_seen_at, a.last_seen_at AS last_seen_at, a.gone_at AS gone_at, (SELECT coalesce(json_group_array(name), '[]') FROM (SELECT DISTINCT c.field AS name FROM corrections AS c WHERE c.article_id = a.id AND c.undone_at IS NULL ORDER BY 1) AS listed) AS corrected, r.change_kind, a.record_hash, q.state AS hidden_state, q.reason AS hidden_reason, q.since AS hidden_since 
    FROM articles AS a
    JOIN sites AS s ON s.id = a.site_id
    JOIN article_revisions AS r ON r.id = a.revision_id
    LEFT JOIN article_origins AS ao ON ao.article_id = a.id
    LEFT JOIN origins AS o ON o.id = ao.origin_id
 JOIN quarantine AS q ON q.article_id = a.id WHERE q.state <> 'accepted' AND a.id NOT IN (SELECT article_id FROM withholdings WHERE state <> 'lifted');

CREATE VIEW withheld AS SELECT id, article_id, url, site, state, reason, decided_by, since, until, ended_at, versions FROM withholdings;

CREATE TRIGGER articles_search_insert AFTER INSERT ON articles BEGIN 
    INSERT INTO article_search(rowid, headline, article_body)
    SELECT NEW.id, NEW.headline, NEW.article_body WHERE TRUE;

    INSERT INTO article_trigrams(rowid, headline, article_body)
    SELECT NEW.id, NEW.headline, NEW.article_body WHERE NEW.unspaced AND NOT length(NEW.article_body) > 200000;
 END;

CREATE TRIGGER articles_search_update AFTER UPDATE OF headline, article_body, unspaced ON articles WHEN OLD.headline IS NOT NEW.headline OR OLD.article_body IS NOT NEW.article_body OR OLD.unspaced IS NOT NEW.unspaced BEGIN 
    INSERT INTO article_search(article_search, rowid, headline, article_body)
    SELECT 'delete', OLD.id, OLD.headline, OLD.article_body WHERE TRUE;

    INSERT INTO article_trigrams(article_trigrams, rowid, headline, article_body)
    SELECT 'delete', OLD.id, OLD.headline, OLD.article_body WHERE OLD.unspaced AND NOT length(OLD.article_body) > 200000;
 
    INSERT INTO article_search(rowid, headline, article_body)
    SELECT NEW.id, NEW.headline, NEW.article_body WHERE TRUE;

    INSERT INTO article_trigrams(rowid, headline, article_body)
    SELECT NEW.id, NEW.headline, NEW.article_body WHERE NEW.unspaced AND NOT length(NEW.article_body) > 200000;
 END;

CREATE TRIGGER articles_search_delete AFTER DELETE ON articles BEGIN 
    INSERT INTO article_search(article_search, rowid, headline, article_body)
    SELECT 'delete', OLD.id, OLD.headline, OLD.article_body WHERE TRUE;

    INSERT INTO article_trigrams(article_trigrams, rowid, headline, article_body)
    SELECT 'delete', OLD.id, OLD.headline, OLD.article_body WHERE OLD.unspaced AND NOT length(OLD.article_body) > 200000;
 END;

INSERT INTO alembic_version VALUES ('0033');
