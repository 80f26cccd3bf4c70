CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

CREATE TABLE model (
	id INTEGER NOT NULL,
	sha256 TEXT NOT NULL,
	name TEXT NOT NULL,
	card JSON NOT NULL,
	registered_at BIGINT NOT NULL,
	CONSTRAINT pk_model PRIMARY KEY (id),
	CONSTRAINT uq_model UNIQUE (sha256)
);

CREATE TABLE threshold_change (
	id INTEGER NOT NULL,
	model_id INTEGER NOT NULL,
	threshold DOUBLE NOT NULL,
	reason TEXT NOT NULL,
	changed_by TEXT NOT NULL,
	changed_at BIGINT NOT NULL, previous DOUBLE, basis JSON,
	CONSTRAINT pk_threshold_change PRIMARY KEY (id),
	CONSTRAINT ck_threshold_change_threshold CHECK (threshold >= 0 AND threshold <= 1),
	CONSTRAINT fk_threshold_change_model_id FOREIGN KEY(model_id) REFERENCES model (id)
);

CREATE INDEX ix_threshold_change_model_id_id ON threshold_change (model_id, id);

CREATE TABLE batch (
	id INTEGER NOT NULL,
	source TEXT NOT NULL,
	label TEXT NOT NULL,
	station TEXT NOT NULL,
	model_id INTEGER NOT NULL,
	total INTEGER NOT NULL,
	created_at BIGINT NOT NULL,
	finished_at BIGINT,
	CONSTRAINT pk_batch PRIMARY KEY (id),
	CONSTRAINT fk_batch_model_id FOREIGN KEY(model_id) REFERENCES model (id)
);

CREATE INDEX ix_batch_unfinished ON batch (id) WHERE finished_at IS NULL;

CREATE TABLE photograph (
	sha256 TEXT NOT NULL,
	byte_count INTEGER NOT NULL,
	width INTEGER NOT NULL,
	height INTEGER NOT NULL,
	format TEXT NOT NULL,
	stored_at BIGINT NOT NULL,
	data BLOB NOT NULL,
	CONSTRAINT pk_photograph PRIMARY KEY (sha256)
);

CREATE TABLE inspection (
	id INTEGER NOT NULL,
	photograph_sha256 TEXT NOT NULL,
	model_id INTEGER NOT NULL,
	batch_id INTEGER NOT NULL,
	station TEXT NOT NULL,
	file TEXT NOT NULL,
	inspected_at BIGINT NOT NULL,
	verdict TEXT NOT NULL,
	reason TEXT NOT NULL,
	probability DOUBLE,
	log_odds DOUBLE,
	threshold DOUBLE NOT NULL,
	evidence BLOB NOT NULL,
	evidence_rows SMALLINT NOT NULL,
	evidence_columns SMALLINT NOT NULL,
	decode_ms DOUBLE NOT NULL,
	inference_ms DOUBLE NOT NULL,
	store_ms DOUBLE, gate_ms DOUBLE DEFAULT '0' NOT NULL,
	CONSTRAINT pk_inspection PRIMARY KEY (id),
	CONSTRAINT ck_inspection_verdict CHECK (verdict IN ('defective', 'ok', 'not_inspectable')),
	CONSTRAINT ck_inspection_scored CHECK (verdict = 'not_inspectable' OR (probability IS NOT NULL AND log_odds IS NOT NULL)),
	CONSTRAINT uq_inspection UNIQUE (photograph_sha256, model_id, station),
	CONSTRAINT fk_inspection_photograph_sha256 FOREIGN KEY(photograph_sha256) REFERENCES photograph (sha256),
	CONSTRAINT fk_inspection_model_id FOREIGN KEY(model_id) REFERENCES model (id),
	CONSTRAINT fk_inspection_batch_id FOREIGN KEY(batch_id) REFERENCES batch (id)
);

CREATE INDEX ix_inspection_file_verdict ON inspection (file, verdict);

CREATE INDEX ix_inspection_probability ON inspection (probability DESC, verdict, id);

CREATE TABLE batch_part (
	id INTEGER NOT NULL,
	batch_id INTEGER NOT NULL,
	inspection_id INTEGER NOT NULL,
	file TEXT NOT NULL,
	verdict TEXT NOT NULL,
	probability DOUBLE,
	already_inspected BOOLEAN NOT NULL,
	CONSTRAINT pk_batch_part PRIMARY KEY (id),
	CONSTRAINT uq_batch_part UNIQUE (batch_id, file, inspection_id),
	CONSTRAINT fk_batch_part_batch_id FOREIGN KEY(batch_id) REFERENCES batch (id),
	CONSTRAINT fk_batch_part_inspection_id FOREIGN KEY(inspection_id) REFERENCES inspection (id)
);

CREATE INDEX ix_batch_part_batch_id_id_verdict ON batch_part (batch_id, id, verdict);

CREATE INDEX ix_batch_part_probability ON batch_part (batch_id, probability DESC, verdict, id, already_inspected);

CREATE TABLE rejection (
	id INTEGER NOT NULL,
	batch_id INTEGER NOT NULL,
	file TEXT NOT NULL,
	sha256 TEXT NOT NULL,
	byte_count BIGINT NOT NULL,
	reason TEXT NOT NULL,
	rejected_at BIGINT NOT NULL,
	CONSTRAINT pk_rejection PRIMARY KEY (id),
	CONSTRAINT uq_rejection UNIQUE (batch_id, file, sha256),
	CONSTRAINT fk_rejection_batch_id FOREIGN KEY(batch_id) REFERENCES batch (id)
);

CREATE TRIGGER inspection_refuses_delete BEFORE DELETE ON inspection  BEGIN SELECT RAISE(ABORT, 'inspection rows are never changed or deleted'); END;

CREATE TRIGGER threshold_change_refuses_delete BEFORE DELETE ON threshold_change  BEGIN SELECT RAISE(ABORT, 'threshold_change rows are never changed or deleted'); END;

CREATE TRIGGER threshold_change_refuses_update BEFORE UPDATE ON threshold_change  BEGIN SELECT RAISE(ABORT, 'threshold_change rows are never changed or deleted'); END;

CREATE TRIGGER inspection_refuses_update BEFORE UPDATE OF id, photograph_sha256, model_id, batch_id, station, file, inspected_at, verdict, reason, probability, log_odds, threshold, evidence, evidence_rows, evidence_columns, decode_ms, inference_ms ON inspection  BEGIN SELECT RAISE(ABORT, 'inspection rows are never changed or deleted'); END;

CREATE TRIGGER inspection_refuses_update_again BEFORE UPDATE OF store_ms ON inspection WHEN OLD.store_ms IS NOT NULL BEGIN SELECT RAISE(ABORT, 'inspection rows are never changed or deleted'); END;

CREATE TABLE person_role (
	id INTEGER NOT NULL,
	email TEXT NOT NULL,
	role TEXT NOT NULL,
	given_by TEXT NOT NULL,
	given_at BIGINT NOT NULL,
	CONSTRAINT pk_person_role PRIMARY KEY (id),
	CONSTRAINT ck_person_role_role CHECK (role IN ('viewer', 'reviewer', 'engineer'))
);

CREATE INDEX ix_person_role_email_id ON person_role (email, id);

CREATE TRIGGER person_role_refuses_update BEFORE UPDATE ON person_role BEGIN SELECT RAISE(ABORT, 'person_role rows are never changed or deleted'); END;

CREATE TRIGGER person_role_refuses_delete BEFORE DELETE ON person_role BEGIN SELECT RAISE(ABORT, 'person_role rows are never changed or deleted'); END;

CREATE TABLE review_item (
	inspection_id INTEGER NOT NULL,
	distance DOUBLE NOT NULL,
	audit_rate DOUBLE,
	CONSTRAINT pk_review_item PRIMARY KEY (inspection_id),
	CONSTRAINT ck_review_item_distance CHECK (distance >= 0),
	CONSTRAINT ck_review_item_audit_rate CHECK (audit_rate > 0 AND audit_rate <= 1),
	CONSTRAINT fk_review_item_inspection_id FOREIGN KEY(inspection_id) REFERENCES inspection (id)
);

CREATE INDEX ix_review_item_distance_inspection_id ON review_item (distance, inspection_id);

CREATE TABLE second_review (
	inspection_id INTEGER NOT NULL,
	drawn_at BIGINT NOT NULL,
	CONSTRAINT pk_second_review PRIMARY KEY (inspection_id),
	CONSTRAINT fk_second_review_inspection_id FOREIGN KEY(inspection_id) REFERENCES inspection (id)
);

CREATE TABLE review_claim (
	inspection_id INTEGER NOT NULL,
	person_key TEXT NOT NULL,
	expires_at BIGINT NOT NULL,
	CONSTRAINT pk_review_claim PRIMARY KEY (inspection_id),
	CONSTRAINT fk_review_claim_inspection_id FOREIGN KEY(inspection_id) REFERENCES inspection (id)
);

CREATE TABLE disposition (
	id INTEGER NOT NULL,
	inspection_id INTEGER NOT NULL,
	decision TEXT NOT NULL,
	undoes INTEGER,
	defect_type TEXT NOT NULL,
	note TEXT NOT NULL,
	person_key TEXT NOT NULL,
	name TEXT NOT NULL,
	email TEXT,
	verified BOOLEAN NOT NULL,
	decided_at BIGINT NOT NULL,
	CONSTRAINT pk_disposition PRIMARY KEY (id),
	CONSTRAINT ck_disposition_decision CHECK (decision IN ('defective', 'ok', 'retake', 'unsure', 'undo')),
	CONSTRAINT ck_disposition_undoes CHECK ((decision = 'undo') = (undoes IS NOT NULL)),
	CONSTRAINT ck_disposition_defect_type CHECK ((decision = 'defective') = (defect_type <> '')),
	CONSTRAINT uq_disposition UNIQUE (undoes),
	CONSTRAINT fk_disposition_inspection_id FOREIGN KEY(inspection_id) REFERENCES inspection (id),
	CONSTRAINT fk_disposition_undoes FOREIGN KEY(undoes) REFERENCES disposition (id)
);

CREATE INDEX ix_disposition_inspection_id_id ON disposition (inspection_id, id);

CREATE INDEX ix_disposition_person_key_id ON disposition (person_key, id);

CREATE TRIGGER review_item_refuses_update BEFORE UPDATE ON review_item BEGIN SELECT RAISE(ABORT, 'review_item rows are never changed or deleted'); END;

CREATE TRIGGER review_item_refuses_delete BEFORE DELETE ON review_item BEGIN SELECT RAISE(ABORT, 'review_item rows are never changed or deleted'); END;

CREATE TRIGGER disposition_refuses_update BEFORE UPDATE ON disposition BEGIN SELECT RAISE(ABORT, 'disposition rows are never changed or deleted'); END;

CREATE TRIGGER disposition_refuses_delete BEFORE DELETE ON disposition BEGIN SELECT RAISE(ABORT, 'disposition rows are never changed or deleted'); END;

CREATE TRIGGER second_review_refuses_update BEFORE UPDATE ON second_review BEGIN SELECT RAISE(ABORT, 'second_review rows are never changed or deleted'); END;

CREATE TRIGGER second_review_refuses_delete BEFORE DELETE ON second_review BEGIN SELECT RAISE(ABORT, 'second_review rows are never changed or deleted'); END;

CREATE INDEX ix_inspection_trend ON inspection (inspected_at, verdict, station, model_id, threshold, probability);

CREATE INDEX ix_inspection_station_trend ON inspection (station, inspected_at, verdict, model_id, threshold, probability);

CREATE INDEX ix_inspection_batch_trend ON inspection (batch_id, inspected_at, verdict, model_id, threshold, probability);

CREATE INDEX ix_rejection_rejected_at ON rejection (rejected_at);

CREATE TABLE baseline (
	id INTEGER NOT NULL,
	station TEXT NOT NULL,
	grain TEXT NOT NULL,
	model_id INTEGER NOT NULL,
	threshold DOUBLE NOT NULL,
	begins BIGINT NOT NULL,
	ends BIGINT NOT NULL,
	defective INTEGER NOT NULL,
	inspected INTEGER NOT NULL,
	subgroups INTEGER NOT NULL,
	sigma_z DOUBLE NOT NULL,
	chance DOUBLE NOT NULL,
	reason TEXT NOT NULL,
	set_by TEXT NOT NULL,
	set_at BIGINT NOT NULL,
	CONSTRAINT pk_baseline PRIMARY KEY (id),
	CONSTRAINT ck_baseline_counts CHECK (0 <= defective AND defective <= inspected AND inspected > 0),
	CONSTRAINT fk_baseline_model_id FOREIGN KEY(model_id) REFERENCES model (id)
);

CREATE INDEX ix_baseline_station_grain_model_id_threshold_id ON baseline (station, grain, model_id, threshold, id);

CREATE TABLE signal_note (
	id INTEGER NOT NULL,
	station TEXT NOT NULL,
	grain TEXT NOT NULL,
	model_id INTEGER NOT NULL,
	threshold DOUBLE NOT NULL,
	rule TEXT NOT NULL,
	at BIGINT NOT NULL,
	cause TEXT NOT NULL,
	noted_by TEXT NOT NULL,
	noted_at BIGINT NOT NULL,
	CONSTRAINT pk_signal_note PRIMARY KEY (id),
	CONSTRAINT fk_signal_note_model_id FOREIGN KEY(model_id) REFERENCES model (id)
);

CREATE INDEX ix_signal_note_station_grain_at ON signal_note (station, grain, at);

CREATE TRIGGER baseline_refuses_update BEFORE UPDATE ON baseline BEGIN SELECT RAISE(ABORT, 'baseline rows are never changed or deleted'); END;

CREATE TRIGGER baseline_refuses_delete BEFORE DELETE ON baseline BEGIN SELECT RAISE(ABORT, 'baseline rows are never changed or deleted'); END;

CREATE TRIGGER signal_note_refuses_update BEFORE UPDATE ON signal_note BEGIN SELECT RAISE(ABORT, 'signal_note rows are never changed or deleted'); END;

CREATE TRIGGER signal_note_refuses_delete BEFORE DELETE ON signal_note BEGIN SELECT RAISE(ABORT, 'signal_note rows are never changed or deleted'); END;

CREATE TRIGGER inspection_refuses_update_of_gate BEFORE UPDATE OF gate_ms ON inspection BEGIN SELECT RAISE(ABORT, 'inspection rows are never changed or deleted'); END;

CREATE TABLE demonstration (
	id INTEGER NOT NULL,
	made_at BIGINT NOT NULL,
	CONSTRAINT pk_demonstration PRIMARY KEY (id),
	CONSTRAINT ck_demonstration_one CHECK (id = 1)
);

CREATE TRIGGER demonstration_refuses_update BEFORE UPDATE ON demonstration BEGIN SELECT RAISE(ABORT, 'demonstration rows are never changed or deleted'); END;

CREATE TRIGGER demonstration_refuses_delete BEFORE DELETE ON demonstration BEGIN SELECT RAISE(ABORT, 'demonstration rows are never changed or deleted'); END;

CREATE TABLE setting_change (
	id INTEGER NOT NULL,
	name TEXT NOT NULL,
	value TEXT,
	previous TEXT NOT NULL,
	reason TEXT NOT NULL,
	changed_by TEXT NOT NULL,
	changed_at BIGINT NOT NULL,
	CONSTRAINT pk_setting_change PRIMARY KEY (id)
);

CREATE INDEX ix_setting_change_name_id ON setting_change (name, id);

CREATE TRIGGER setting_change_refuses_update BEFORE UPDATE ON setting_change BEGIN SELECT RAISE(ABORT, 'setting_change rows are never changed or deleted'); END;

CREATE TRIGGER setting_change_refuses_delete BEFORE DELETE ON setting_change BEGIN SELECT RAISE(ABORT, 'setting_change rows are never changed or deleted'); END;

CREATE TABLE purge (
	id INTEGER NOT NULL,
	begun_at BIGINT NOT NULL,
	older_than BIGINT NOT NULL,
	retention_days INTEGER NOT NULL,
	purged_by TEXT NOT NULL,
	CONSTRAINT pk_purge PRIMARY KEY (id)
);

CREATE TABLE purged_photograph (
	purge_id INTEGER NOT NULL,
	photograph_sha256 TEXT NOT NULL,
	CONSTRAINT pk_purged_photograph PRIMARY KEY (purge_id, photograph_sha256),
	CONSTRAINT fk_purged_photograph_purge_id FOREIGN KEY(purge_id) REFERENCES purge (id),
	CONSTRAINT fk_purged_photograph_photograph_sha256 FOREIGN KEY(photograph_sha256) REFERENCES photograph (sha256)
);

CREATE INDEX ix_purged_photograph_photograph_sha256 ON purged_photograph (photograph_sha256);

CREATE INDEX ix_photograph_kept ON photograph (stored_at) WHERE length(data) > 0;

CREATE TRIGGER purge_refuses_update BEFORE UPDATE ON purge BEGIN SELECT RAISE(ABORT, 'purge rows are never changed or deleted'); END;

CREATE TRIGGER purge_refuses_delete BEFORE DELETE ON purge BEGIN SELECT RAISE(ABORT, 'purge rows are never changed or deleted'); END;

CREATE TRIGGER purged_photograph_refuses_update BEFORE UPDATE ON purged_photograph BEGIN SELECT RAISE(ABORT, 'purged_photograph rows are never changed or deleted'); END;

CREATE TRIGGER purged_photograph_refuses_delete BEFORE DELETE ON purged_photograph BEGIN SELECT RAISE(ABORT, 'purged_photograph rows are never changed or deleted'); END;

CREATE TRIGGER photograph_refuses_delete BEFORE DELETE ON photograph BEGIN SELECT RAISE(ABORT, 'photographs are only purged with an entry of it, and never changed or deleted'); END;

CREATE TRIGGER photograph_refuses_update BEFORE UPDATE ON photograph WHEN NOT (
    NEW.sha256 = OLD.sha256 AND NEW.byte_count = OLD.byte_count AND NEW.width = OLD.width
    AND NEW.height = OLD.height AND NEW.format = OLD.format AND (
        (length(NEW.data) = 0 AND NEW.stored_at = OLD.stored_at AND EXISTS (
            SELECT 1 FROM purged_photograph JOIN purge ON purge.id = purged_photograph.purge_id
            WHERE photograph_sha256 = OLD.sha256 AND begun_at >= OLD.stored_at
        ))
        OR (length(OLD.data) = 0 AND length(NEW.data) = OLD.byte_count)
    )
) BEGIN SELECT RAISE(ABORT, 'photographs are only purged with an entry of it, and never changed or deleted'); END;

CREATE TABLE watched_file (
	id INTEGER NOT NULL,
	station TEXT NOT NULL,
	folder TEXT NOT NULL,
	file TEXT NOT NULL,
	mark TEXT NOT NULL,
	sha256 TEXT NOT NULL,
	inspected_at BIGINT NOT NULL,
	CONSTRAINT pk_watched_file PRIMARY KEY (id),
	CONSTRAINT uq_watched_file UNIQUE (station, folder, file)
);

CREATE TABLE watcher (
	id INTEGER NOT NULL,
	station TEXT NOT NULL,
	folder TEXT NOT NULL,
	seen_at BIGINT NOT NULL,
	waiting INTEGER NOT NULL,
	memory_megabytes DOUBLE NOT NULL,
	processors DOUBLE NOT NULL,
	threads INTEGER NOT NULL,
	engine TEXT NOT NULL,
	model_sha256 TEXT NOT NULL,
	CONSTRAINT pk_watcher PRIMARY KEY (id),
	CONSTRAINT uq_watcher UNIQUE (station, folder)
);

CREATE INDEX ix_batch_created_at ON batch (created_at);

