-- The lists of the registry that departments were given, as version 2 has them.

create table ledger.registry_lists (
    county_code varchar not null,
    entry_no bigint not null,
    list_number varchar,
    department varchar,
    registry_date date,
    columns varchar,
    row_count integer,
    sha256 varchar,
    file_name varchar,
    handed_at timestamp,
    handed_by varchar
);
