CREATE FUNCTION refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            RAISE EXCEPTION '% rows are never changed or deleted', TG_TABLE_NAME
                USING ERRCODE = 'integrity_constraint_violation';
        END $$;
CREATE FUNCTION refuse_photograph_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                IF
    NEW.sha256 = OLD.sha256 AND NEW.byte_count = OLD.byte_count AND NEW.width = OLD.width
    AND NEW.height = OLD.height AND NEW.format = OLD.format AND (
        (length(NEW.data) = 0 AND NEW.stored_at = OLD.stored_at AND EXISTS (
            SELECT 1 FROM purged_photograph JOIN purge ON purge.id = purged_photograph.purge_id
            WHERE photograph_sha256 = OLD.sha256 AND begun_at >= OLD.stored_at
        ))
        OR (length(OLD.data) = 0 AND length(NEW.data) = OLD.byte_count)
    )
 THEN
                    RETURN NEW;
                END IF;
            END IF;
            RAISE EXCEPTION 'photographs are only purged with an entry of it, and never changed or deleted' USING ERRCODE = 'integrity_constraint_violation';
        END $$;
CREATE TABLE alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE baseline (
    id bigint NOT NULL,
    station text NOT NULL,
    grain text NOT NULL,
    model_id bigint NOT NULL,
    threshold double precision NOT NULL,
    begins timestamp with time zone NOT NULL,
    ends timestamp with time zone NOT NULL,
    defective integer NOT NULL,
    inspected integer NOT NULL,
    subgroups integer NOT NULL,
    sigma_z double precision NOT NULL,
    chance double precision NOT NULL,
    reason text NOT NULL,
    set_by text NOT NULL,
    set_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_baseline_counts CHECK (((0 <= defective) AND (defective <= inspected) AND (inspected > 0)))
);
CREATE SEQUENCE baseline_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE baseline_id_seq OWNED BY baseline.id;
CREATE TABLE batch (
    id bigint NOT NULL,
    source text NOT NULL,
    label text NOT NULL,
    station text NOT NULL,
    model_id bigint NOT NULL,
    total integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone
);
CREATE SEQUENCE batch_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE batch_id_seq OWNED BY batch.id;
CREATE TABLE batch_part (
    id bigint NOT NULL,
    batch_id bigint NOT NULL,
    inspection_id bigint NOT NULL,
    file text NOT NULL,
    verdict text NOT NULL,
    probability double precision,
    already_inspected boolean NOT NULL
);
CREATE SEQUENCE batch_part_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE batch_part_id_seq OWNED BY batch_part.id;
CREATE TABLE demonstration (
    id integer NOT NULL,
    made_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_demonstration_one CHECK ((id = 1))
);
CREATE TABLE disposition (
    id bigint NOT NULL,
    inspection_id bigint NOT NULL,
    decision text NOT NULL,
    undoes bigint,
    defect_type text NOT NULL,
    note text NOT NULL,
    person_key text NOT NULL,
    name text NOT NULL,
    email text,
    verified boolean NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_disposition_decision CHECK ((decision = ANY (ARRAY['defective'::text, 'ok'::text, 'retake'::text, 'unsure'::text, 'undo'::text]))),
    CONSTRAINT ck_disposition_defect_type CHECK (((decision = 'defective'::text) = (defect_type <> ''::text))),
    CONSTRAINT ck_disposition_undoes CHECK (((decision = 'undo'::text) = (undoes IS NOT NULL)))
);
CREATE SEQUENCE disposition_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE disposition_id_seq OWNED BY disposition.id;
CREATE TABLE inspection (
    id bigint NOT NULL,
    photograph_sha256 text NOT NULL,
    model_id bigint NOT NULL,
    batch_id bigint NOT NULL,
    station text NOT NULL,
    file text NOT NULL,
    inspected_at timestamp with time zone NOT NULL,
    verdict text NOT NULL,
    reason text NOT NULL,
    probability double precision,
    log_odds double precision,
    threshold double precision NOT NULL,
    evidence bytea NOT NULL,
    evidence_rows smallint NOT NULL,
    evidence_columns smallint NOT NULL,
    decode_ms double precision NOT NULL,
    inference_ms double precision NOT NULL,
    store_ms double precision,
    gate_ms double precision DEFAULT '0'::double precision NOT NULL,
    CONSTRAINT ck_inspection_scored CHECK (((verdict = 'not_inspectable'::text) OR ((probability IS NOT NULL) AND (log_odds IS NOT NULL)))),
    CONSTRAINT ck_inspection_verdict CHECK ((verdict = ANY (ARRAY['defective'::text, 'ok'::text, 'not_inspectable'::text])))
);
CREATE SEQUENCE inspection_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE inspection_id_seq OWNED BY inspection.id;
CREATE TABLE model (
    id bigint NOT NULL,
    sha256 text NOT NULL,
    name text NOT NULL,
    card json NOT NULL,
    registered_at timestamp with time zone NOT NULL
);
CREATE SEQUENCE model_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE model_id_seq OWNED BY model.id;
CREATE TABLE person_role (
    id bigint NOT NULL,
    email text NOT NULL,
    role text NOT NULL,
    given_by text NOT NULL,
    given_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_person_role_role CHECK ((role = ANY (ARRAY['viewer'::text, 'reviewer'::text, 'engineer'::text])))
);
CREATE SEQUENCE person_role_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE person_role_id_seq OWNED BY person_role.id;
CREATE TABLE photograph (
    sha256 text NOT NULL,
    byte_count integer NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    format text NOT NULL,
    stored_at timestamp with time zone NOT NULL,
    data bytea NOT NULL
);
CREATE TABLE purge (
    id bigint NOT NULL,
    begun_at timestamp with time zone NOT NULL,
    older_than timestamp with time zone NOT NULL,
    retention_days integer NOT NULL,
    purged_by text NOT NULL
);
CREATE SEQUENCE purge_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE purge_id_seq OWNED BY purge.id;
CREATE TABLE purged_photograph (
    purge_id bigint NOT NULL,
    photograph_sha256 text NOT NULL
);
CREATE TABLE rejection (
    id bigint NOT NULL,
    batch_id bigint NOT NULL,
    file text NOT NULL,
    sha256 text NOT NULL,
    byte_count bigint NOT NULL,
    reason text NOT NULL,
    rejected_at timestamp with time zone NOT NULL
);
CREATE SEQUENCE rejection_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE rejection_id_seq OWNED BY rejection.id;
CREATE TABLE review_claim (
    inspection_id bigint NOT NULL,
    person_key text NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE review_item (
    inspection_id bigint NOT NULL,
    distance double precision NOT NULL,
    audit_rate double precision,
    CONSTRAINT ck_review_item_audit_rate CHECK (((audit_rate > (0)::double precision) AND (audit_rate <= (1)::double precision))),
    CONSTRAINT ck_review_item_distance CHECK ((distance >= (0)::double precision))
);
CREATE TABLE second_review (
    inspection_id bigint NOT NULL,
    drawn_at timestamp with time zone NOT NULL
);
CREATE TABLE setting_change (
    id bigint NOT NULL,
    name text NOT NULL,
    value text,
    previous text NOT NULL,
    reason text NOT NULL,
    changed_by text NOT NULL,
    changed_at timestamp with time zone NOT NULL
);
CREATE SEQUENCE setting_change_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE setting_change_id_seq OWNED BY setting_change.id;
CREATE TABLE signal_note (
    id bigint NOT NULL,
    station text NOT NULL,
    grain text NOT NULL,
    model_id bigint NOT NULL,
    threshold double precision NOT NULL,
    rule text NOT NULL,
    at timestamp with time zone NOT NULL,
    cause text NOT NULL,
    noted_by text NOT NULL,
    noted_at timestamp with time zone NOT NULL
);
CREATE SEQUENCE signal_note_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE signal_note_id_seq OWNED BY signal_note.id;
CREATE TABLE threshold_change (
    id bigint NOT NULL,
    model_id bigint NOT NULL,
    threshold double precision NOT NULL,
    reason text NOT NULL,
    changed_by text NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    previous double precision,
    basis json,
    CONSTRAINT ck_threshold_change_threshold CHECK (((threshold >= (0)::double precision) AND (threshold <= (1)::double precision)))
);
CREATE SEQUENCE threshold_change_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE threshold_change_id_seq OWNED BY threshold_change.id;
CREATE TABLE watched_file (
    id bigint NOT NULL,
    station text NOT NULL,
    folder text NOT NULL,
    file text NOT NULL,
    mark text NOT NULL,
    sha256 text NOT NULL,
    inspected_at timestamp with time zone NOT NULL
);
CREATE SEQUENCE watched_file_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE watched_file_id_seq OWNED BY watched_file.id;
CREATE TABLE watcher (
    id bigint NOT NULL,
    station text NOT NULL,
    folder text NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    waiting integer NOT NULL,
    memory_megabytes double precision NOT NULL,
    processors double precision NOT NULL,
    threads integer NOT NULL,
    engine text NOT NULL,
    model_sha256 text NOT NULL
);
CREATE SEQUENCE watcher_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE watcher_id_seq OWNED BY watcher.id;
ALTER TABLE ONLY baseline ALTER COLUMN id SET DEFAULT nextval('baseline_id_seq'::regclass);
ALTER TABLE ONLY batch ALTER COLUMN id SET DEFAULT nextval('batch_id_seq'::regclass);
ALTER TABLE ONLY batch_part ALTER COLUMN id SET DEFAULT nextval('batch_part_id_seq'::regclass);
ALTER TABLE ONLY disposition ALTER COLUMN id SET DEFAULT nextval('disposition_id_seq'::regclass);
ALTER TABLE ONLY inspection ALTER COLUMN id SET DEFAULT nextval('inspection_id_seq'::regclass);
ALTER TABLE ONLY model ALTER COLUMN id SET DEFAULT nextval('model_id_seq'::regclass);
ALTER TABLE ONLY person_role ALTER COLUMN id SET DEFAULT nextval('person_role_id_seq'::regclass);
ALTER TABLE ONLY purge ALTER COLUMN id SET DEFAULT nextval('purge_id_seq'::regclass);
ALTER TABLE ONLY rejection ALTER COLUMN id SET DEFAULT nextval('rejection_id_seq'::regclass);
ALTER TABLE ONLY setting_change ALTER COLUMN id SET DEFAULT nextval('setting_change_id_seq'::regclass);
ALTER TABLE ONLY signal_note ALTER COLUMN id SET DEFAULT nextval('signal_note_id_seq'::regclass);
ALTER TABLE ONLY threshold_change ALTER COLUMN id SET DEFAULT nextval('threshold_change_id_seq'::regclass);
ALTER TABLE ONLY watched_file ALTER COLUMN id SET DEFAULT nextval('watched_file_id_seq'::regclass);
ALTER TABLE ONLY watcher ALTER COLUMN id SET DEFAULT nextval('watcher_id_seq'::regclass);
ALTER TABLE ONLY alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY baseline
    ADD CONSTRAINT pk_baseline PRIMARY KEY (id);
ALTER TABLE ONLY batch
    ADD CONSTRAINT pk_batch PRIMARY KEY (id);
ALTER TABLE ONLY batch_part
    ADD CONSTRAINT pk_batch_part PRIMARY KEY (id);
ALTER TABLE ONLY demonstration
    ADD CONSTRAINT pk_demonstration PRIMARY KEY (id);
ALTER TABLE ONLY disposition
    ADD CONSTRAINT pk_disposition PRIMARY KEY (id);
ALTER TABLE ONLY inspection
    ADD CONSTRAINT pk_inspection PRIMARY KEY (id);
ALTER TABLE ONLY model
    ADD CONSTRAINT pk_model PRIMARY KEY (id);
ALTER TABLE ONLY person_role
    ADD CONSTRAINT pk_person_role PRIMARY KEY (id);
ALTER TABLE ONLY photograph
    ADD CONSTRAINT pk_photograph PRIMARY KEY (sha256);
ALTER TABLE ONLY purge
    ADD CONSTRAINT pk_purge PRIMARY KEY (id);
ALTER TABLE ONLY purged_photograph
    ADD CONSTRAINT pk_purged_photograph PRIMARY KEY (purge_id, photograph_sha256);
ALTER TABLE ONLY rejection
    ADD CONSTRAINT pk_rejection PRIMARY KEY (id);
ALTER TABLE ONLY review_claim
    ADD CONSTRAINT pk_review_claim PRIMARY KEY (inspection_id);
ALTER TABLE ONLY review_item
    ADD CONSTRAINT pk_review_item PRIMARY KEY (inspection_id);
ALTER TABLE ONLY second_review
    ADD CONSTRAINT pk_second_review PRIMARY KEY (inspection_id);
ALTER TABLE ONLY setting_change
    ADD CONSTRAINT pk_setting_change PRIMARY KEY (id);
ALTER TABLE ONLY signal_note
    ADD CONSTRAINT pk_signal_note PRIMARY KEY (id);
ALTER TABLE ONLY threshold_change
    ADD CONSTRAINT pk_threshold_change PRIMARY KEY (id);
ALTER TABLE ONLY watched_file
    ADD CONSTRAINT pk_watched_file PRIMARY KEY (id);
ALTER TABLE ONLY watcher
    ADD CONSTRAINT pk_watcher PRIMARY KEY (id);
ALTER TABLE ONLY batch_part
    ADD CONSTRAINT uq_batch_part UNIQUE (batch_id, file, inspection_id);
ALTER TABLE ONLY disposition
    ADD CONSTRAINT uq_disposition UNIQUE (undoes);
ALTER TABLE ONLY inspection
    ADD CONSTRAINT uq_inspection UNIQUE (photograph_sha256, model_id, station);
ALTER TABLE ONLY model
    ADD CONSTRAINT uq_model UNIQUE (sha256);
ALTER TABLE ONLY rejection
    ADD CONSTRAINT uq_rejection UNIQUE (batch_id, file, sha256);
ALTER TABLE ONLY watched_file
    ADD CONSTRAINT uq_watched_file UNIQUE (station, folder, file);
ALTER TABLE ONLY watcher
    ADD CONSTRAINT uq_watcher UNIQUE (station, folder);
CREATE INDEX ix_baseline_station_grain_model_id_threshold_id ON baseline USING btree (station, grain, model_id, threshold, id);
CREATE INDEX ix_batch_created_at ON batch USING btree (created_at);
CREATE INDEX ix_batch_part_batch_id_id_verdict ON batch_part USING btree (batch_id, id, verdict);
CREATE INDEX ix_batch_part_probability ON batch_part USING btree (batch_id, probability DESC NULLS LAST, verdict, id, already_inspected);
CREATE INDEX ix_batch_unfinished ON batch USING btree (id) WHERE (finished_at IS NULL);
CREATE INDEX ix_disposition_inspection_id_id ON disposition USING btree (inspection_id, id);
CREATE INDEX ix_disposition_person_key_id ON disposition USING btree (person_key, id);
CREATE INDEX ix_inspection_batch_trend ON inspection USING btree (batch_id, inspected_at, verdict, model_id, threshold, probability);
CREATE INDEX ix_inspection_file_verdict ON inspection USING btree (file, verdict);
CREATE INDEX ix_inspection_probability ON inspection USING btree (probability DESC NULLS LAST, verdict, id);
CREATE INDEX ix_inspection_station_trend ON inspection USING btree (station, inspected_at, verdict, model_id, threshold, probability);
CREATE INDEX ix_inspection_trend ON inspection USING btree (inspected_at, verdict, station, model_id, threshold, probability);
CREATE INDEX ix_person_role_email_id ON person_role USING btree (email, id);
CREATE INDEX ix_photograph_kept ON photograph USING btree (stored_at) WHERE (length(data) > 0);
CREATE INDEX ix_purged_photograph_photograph_sha256 ON purged_photograph USING btree (photograph_sha256);
CREATE INDEX ix_rejection_rejected_at ON rejection USING btree (rejected_at);
CREATE INDEX ix_review_item_distance_inspection_id ON review_item USING btree (distance, inspection_id);
CREATE INDEX ix_setting_change_name_id ON setting_change USING btree (name, id);
CREATE INDEX ix_signal_note_station_grain_at ON signal_note USING btree (station, grain, at);
CREATE INDEX ix_threshold_change_model_id_id ON threshold_change USING btree (model_id, id);
CREATE TRIGGER baseline_refuses_change BEFORE DELETE OR UPDATE ON baseline FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER baseline_refuses_truncate BEFORE TRUNCATE ON baseline FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER demonstration_refuses_change BEFORE DELETE OR UPDATE ON demonstration FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER demonstration_refuses_truncate BEFORE TRUNCATE ON demonstration FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER disposition_refuses_change BEFORE DELETE OR UPDATE ON disposition FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER disposition_refuses_truncate BEFORE TRUNCATE ON disposition FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER inspection_refuses_delete BEFORE DELETE ON inspection FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER inspection_refuses_truncate BEFORE TRUNCATE ON inspection FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER inspection_refuses_update BEFORE UPDATE OF id, photograph_sha256, model_id, batch_id, station, file, inspected_at, verdict, reason, probability, log_odds, threshold, evidence, evidence_rows, evidence_columns, decode_ms, inference_ms ON inspection FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER inspection_refuses_update_again BEFORE UPDATE OF store_ms ON inspection FOR EACH ROW WHEN ((old.store_ms IS NOT NULL)) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER inspection_refuses_update_of_gate BEFORE UPDATE OF gate_ms ON inspection FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER person_role_refuses_change BEFORE DELETE OR UPDATE ON person_role FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER person_role_refuses_truncate BEFORE TRUNCATE ON person_role FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER photograph_refuses_change BEFORE DELETE OR UPDATE ON photograph FOR EACH ROW EXECUTE FUNCTION refuse_photograph_change();
CREATE TRIGGER photograph_refuses_truncate BEFORE TRUNCATE ON photograph FOR EACH STATEMENT EXECUTE FUNCTION refuse_photograph_change();
CREATE TRIGGER purge_refuses_change BEFORE DELETE OR UPDATE ON purge FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER purge_refuses_truncate BEFORE TRUNCATE ON purge FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER purged_photograph_refuses_change BEFORE DELETE OR UPDATE ON purged_photograph FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER purged_photograph_refuses_truncate BEFORE TRUNCATE ON purged_photograph FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER review_item_refuses_change BEFORE DELETE OR UPDATE ON review_item FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER review_item_refuses_truncate BEFORE TRUNCATE ON review_item FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER second_review_refuses_change BEFORE DELETE OR UPDATE ON second_review FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER second_review_refuses_truncate BEFORE TRUNCATE ON second_review FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER setting_change_refuses_change BEFORE DELETE OR UPDATE ON setting_change FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER setting_change_refuses_truncate BEFORE TRUNCATE ON setting_change FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER signal_note_refuses_change BEFORE DELETE OR UPDATE ON signal_note FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER signal_note_refuses_truncate BEFORE TRUNCATE ON signal_note FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER threshold_change_refuses_delete BEFORE DELETE OR UPDATE ON threshold_change FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER threshold_change_refuses_truncate BEFORE TRUNCATE ON threshold_change FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE ONLY baseline
    ADD CONSTRAINT fk_baseline_model_id FOREIGN KEY (model_id) REFERENCES model(id);
ALTER TABLE ONLY batch
    ADD CONSTRAINT fk_batch_model_id FOREIGN KEY (model_id) REFERENCES model(id);
ALTER TABLE ONLY batch_part
    ADD CONSTRAINT fk_batch_part_batch_id FOREIGN KEY (batch_id) REFERENCES batch(id);
ALTER TABLE ONLY batch_part
    ADD CONSTRAINT fk_batch_part_inspection_id FOREIGN KEY (inspection_id) REFERENCES inspection(id);
ALTER TABLE ONLY disposition
    ADD CONSTRAINT fk_disposition_inspection_id FOREIGN KEY (inspection_id) REFERENCES inspection(id);
ALTER TABLE ONLY disposition
    ADD CONSTRAINT fk_disposition_undoes FOREIGN KEY (undoes) REFERENCES disposition(id);
ALTER TABLE ONLY inspection
    ADD CONSTRAINT fk_inspection_batch_id FOREIGN KEY (batch_id) REFERENCES batch(id);
ALTER TABLE ONLY inspection
    ADD CONSTRAINT fk_inspection_model_id FOREIGN KEY (model_id) REFERENCES model(id);
ALTER TABLE ONLY inspection
    ADD CONSTRAINT fk_inspection_photograph_sha256 FOREIGN KEY (photograph_sha256) REFERENCES photograph(sha256);
ALTER TABLE ONLY purged_photograph
    ADD CONSTRAINT fk_purged_photograph_photograph_sha256 FOREIGN KEY (photograph_sha256) REFERENCES photograph(sha256);
ALTER TABLE ONLY purged_photograph
    ADD CONSTRAINT fk_purged_photograph_purge_id FOREIGN KEY (purge_id) REFERENCES purge(id);
ALTER TABLE ONLY rejection
    ADD CONSTRAINT fk_rejection_batch_id FOREIGN KEY (batch_id) REFERENCES batch(id);
ALTER TABLE ONLY review_claim
    ADD CONSTRAINT fk_review_claim_inspection_id FOREIGN KEY (inspection_id) REFERENCES inspection(id);
ALTER TABLE ONLY review_item
    ADD CONSTRAINT fk_review_item_inspection_id FOREIGN KEY (inspection_id) REFERENCES inspection(id);
ALTER TABLE ONLY second_review
    ADD CONSTRAINT fk_second_review_inspection_id FOREIGN KEY (inspection_id) REFERENCES inspection(id);
ALTER TABLE ONLY signal_note
    ADD CONSTRAINT fk_signal_note_model_id FOREIGN KEY (model_id) REFERENCES model(id);
ALTER TABLE ONLY threshold_change
    ADD CONSTRAINT fk_threshold_change_model_id FOREIGN KEY (model_id) REFERENCES model(id);
