-- What departments were told of their rows, as version 3 has it.

create table ledger.outcome_reports (
    county_code varchar not null,
    entry_no bigint not null,
    report_number varchar,
    department varchar,
    dispatch_id varchar,
    row_count integer,
    sha256 varchar,
    file_name varchar,
    outcome_count integer,
    event_count integer,
    written_at timestamp
);

create table ledger.told_outcomes (
    county_code varchar not null,
    entry_no bigint not null,
    report_number varchar,
    department varchar,
    warning_id varchar,
    state varchar
);
