-- What the bureau says of single lines of a dispatch, as version 4 has it.

alter table ledger.events add column dispatch_id varchar;
alter table ledger.events add column reason varchar;
alter table ledger.proposals add column instead_of integer;
