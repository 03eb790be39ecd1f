-- The ledger's tables as version 1 has them.

create table ledger.deliveries (
    county_code varchar not null,
    entry_no bigint not null,
    delivery_id varchar,
    file_name varchar,
    department varchar,
    sha256 varchar,
    bytes bigint,
    received_at timestamp,
    modified_at timestamp,
    feed varchar,
    period varchar,
    origin varchar,
    primary key (county_code, delivery_id)
);

create table ledger.announcements (
    county_code varchar not null,
    entry_no bigint not null,
    delivery_id varchar,
    announced_at timestamp
);

create table ledger.outcomes (
    county_code varchar not null,
    entry_no bigint not null,
    delivery_id varchar,
    feed varchar,
    period varchar,
    status varchar,
    reason_code varchar,
    reason varchar,
    row_count integer,
    accepted_count integer,
    rejected_count integer,
    duplicate_count integer,
    decided_at timestamp,
    primary key (county_code, delivery_id)
);

create table ledger.decisions (
    county_code varchar not null,
    entry_no bigint not null,
    decided_at timestamp,
    delivery_id varchar,
    sheet varchar,
    row_number integer,
    column_name varchar,
    reason_code varchar,
    decision varchar,
    value varchar,
    decided_by varchar,
    source_delivery_id varchar
);

create table ledger.dispatches (
    county_code varchar not null,
    entry_no bigint not null,
    dispatch_id varchar,
    kind varchar,
    cutoff_at timestamp,
    registry_date date,
    approved_by varchar,
    approved_at timestamp,
    issued_at timestamp,
    proposal_no integer,
    digest varchar,
    rule_of_issue varchar,
    primary key (county_code, dispatch_id)
);

create table ledger.approvals (
    county_code varchar not null,
    entry_no bigint not null,
    dispatch_id varchar,
    proposal_no integer,
    digest varchar,
    decision varchar,
    reason varchar,
    answered_by varchar,
    answered_at timestamp,
    recorded_at timestamp
);

create table ledger.held_back (
    county_code varchar not null,
    entry_no bigint not null,
    dispatch_id varchar,
    proposal_no integer,
    feed varchar,
    warning_count integer,
    hourly_limit integer,
    held_at timestamp
);

create table ledger.screenings (
    county_code varchar not null,
    entry_no bigint not null,
    cutoff_at timestamp,
    registry_date date,
    outcome_count integer,
    screened_at timestamp
);

create table ledger.proposals (
    county_code varchar not null,
    entry_no bigint not null,
    dispatch_id varchar,
    kind varchar,
    cutoff_at timestamp,
    registry_date date,
    proposed_at timestamp,
    proposal_no integer,
    digest varchar,
    warning_count integer,
    signal_count integer,
    asked varchar
);

create table ledger.proposed_warnings (
    county_code varchar not null,
    entry_no bigint not null,
    dispatch_id varchar,
    listing_kind varchar,
    issued_in varchar,
    issued_at timestamp,
    proposal_no integer,
    warning_id varchar,
    warning_type varchar,
    cause varchar,
    town_code varchar,
    town_name varchar,
    village_code varchar,
    village_name varchar,
    household_id varchar,
    subject varchar,
    subject_key varchar,
    qualifier varchar,
    identity varchar,
    identity_method varchar,
    person_name varchar,
    id_number varchar,
    head_name varchar,
    registry_status varchar,
    registry_date date,
    occurred_on date,
    first_signalled_on date,
    last_signalled_on date,
    last_received_at timestamp,
    amount_yuan decimal(18,2),
    evidence varchar,
    rule_id varchar,
    clause varchar,
    feeds varchar,
    signal_count integer,
    marks varchar,
    candidates varchar
);

create table ledger.proposed_signals (
    county_code varchar not null,
    entry_no bigint not null,
    dispatch_id varchar,
    warning_id varchar,
    row_id varchar,
    proposal_no integer
);

create table ledger.dispatched_warnings (
    county_code varchar not null,
    entry_no bigint not null,
    dispatch_id varchar,
    listing_kind varchar,
    issued_in varchar,
    issued_at timestamp,
    warning_id varchar,
    warning_type varchar,
    cause varchar,
    town_code varchar,
    town_name varchar,
    village_code varchar,
    village_name varchar,
    household_id varchar,
    subject varchar,
    subject_key varchar,
    qualifier varchar,
    identity varchar,
    identity_method varchar,
    person_name varchar,
    id_number varchar,
    head_name varchar,
    registry_status varchar,
    registry_date date,
    occurred_on date,
    first_signalled_on date,
    last_signalled_on date,
    last_received_at timestamp,
    amount_yuan decimal(18,2),
    evidence varchar,
    rule_id varchar,
    clause varchar,
    feeds varchar,
    signal_count integer,
    marks varchar,
    candidates varchar
);

create table ledger.dispatched_signals (
    county_code varchar not null,
    entry_no bigint not null,
    dispatch_id varchar,
    warning_id varchar,
    row_id varchar
);

create table ledger.written_reports (
    county_code varchar not null,
    entry_no bigint not null,
    dispatch_id varchar,
    file_count integer,
    written_at timestamp
);

create table ledger.events (
    county_code varchar not null,
    entry_no bigint not null,
    warning_id varchar,
    event varchar,
    happened_at timestamp,
    done_by varchar,
    source varchar
);

create table ledger.reminders (
    county_code varchar not null,
    entry_no bigint not null,
    clock varchar,
    owner varchar,
    feed varchar,
    period varchar,
    step integer,
    recipient varchar,
    channel varchar,
    is_sent boolean,
    sent_at timestamp,
    letter_number varchar,
    file_name varchar
);

create table ledger.exports (
    county_code varchar not null,
    entry_no bigint not null,
    exported_at timestamp,
    what varchar,
    dispatch_id varchar,
    is_masked boolean,
    row_count integer,
    exported_by varchar,
    delivery_id varchar
);

create table ledger.migrations (
    county_code varchar not null,
    entry_no bigint not null,
    version integer,
    name varchar,
    applied_at timestamp,
    primary key (county_code, version)
);
