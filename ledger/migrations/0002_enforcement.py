"""What PostgreSQL itself holds for the ledger; docs/algorithms/ledger.md says why each rule stands here.

- A transfer and its entries come in one statement; the entries sum to zero; nothing is added, changed or removed later.
- Every account named exists; a customer's balance is the sum of his entries, is written by the trigger only and never
  falls below zero; neither do the platform's fees, own money and reserve.
- Each transfer is queued for the custodian by the same trigger.
"""

from django.db import migrations

BALANCE = """
CREATE FUNCTION ledger_balance(wanted bigint) RETURNS numeric LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (SELECT b.balance FROM ledger_accountbalance b WHERE b.account_id = wanted),
        (SELECT coalesce(c.balance, 0) + coalesce((
            SELECT sum(e.amount) FROM ledger_entry e
            WHERE e.account_id = wanted AND e.id > coalesce(c.through_entry_id, 0)
         ), 0)
         FROM (SELECT 1) one LEFT JOIN LATERAL (
            SELECT p.balance, p.through_entry_id FROM ledger_balancecheckpoint p
            WHERE p.account_id = wanted ORDER BY p.through_entry_id DESC LIMIT 1
         ) c ON true)
    )
$$;

CREATE FUNCTION ledger_open_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_accountbalance (account_id, balance)
    SELECT id, 0 FROM new_accounts WHERE customer_id IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_open_balances AFTER INSERT ON ledger_account
    REFERENCING NEW TABLE AS new_accounts
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_open_balances();

CREATE FUNCTION ledger_guard_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Depth 1 is a statement of a client; the triggers on accounts and entries write at depth 2.
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'balances follow from entries and are never written'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'balance_by_entries_only';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_guard_balances BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ledger_accountbalance
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_guard_balances();
ALTER TABLE ledger_accountbalance SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
"""
BALANCE_BACK = """
ALTER TABLE ledger_accountbalance RESET (fillfactor, autovacuum_vacuum_scale_factor);
DROP TRIGGER ledger_guard_balances ON ledger_accountbalance;
DROP FUNCTION ledger_guard_balances();
DROP TRIGGER ledger_open_balances ON ledger_account;
DROP FUNCTION ledger_open_balances();
DROP FUNCTION ledger_balance(bigint);
"""

# The statements of the entries' trigger. They run as cached plans for an online posting and are planned anew for
# a bulk one: a plan made for three rows must never meet three hundred thousand, nor the other way round.
CHECK_TRANSFERS = """
    SELECT min(n.transfer_id) FILTER (WHERE n.total <> 0), min(n.transfer_id) FILTER (WHERE t.id IS NULL)
    {into} FROM (SELECT transfer_id, sum(amount) AS total FROM new_entries GROUP BY transfer_id) n
    LEFT JOIN ledger_transfer t ON t.id = n.transfer_id"""
CHECK_PLATFORM = """
    SELECT min(n.account_id) FILTER (WHERE a.id IS NULL),
        array_agg(a.id ORDER BY a.id) FILTER (WHERE a.allowed_sign * n.total < 0)
    {into} FROM (SELECT account_id, sum(amount) AS total FROM new_entries WHERE account_id < 10 GROUP BY account_id) n
    LEFT JOIN ledger_account a ON a.id = n.account_id"""
COUNT_CUSTOMERS = "SELECT count(DISTINCT account_id) {into} FROM new_entries WHERE account_id >= 10"
LOCK_BALANCES = """
    {perform} FROM ledger_accountbalance b WHERE b.account_id IN (SELECT account_id FROM new_entries)
    ORDER BY b.account_id FOR NO KEY UPDATE"""
ADD_TO_BALANCES = """
    UPDATE ledger_accountbalance b SET balance = b.balance + n.total
    FROM (SELECT account_id, sum(amount) AS total FROM new_entries GROUP BY account_id) n
    WHERE b.account_id = n.account_id"""
QUEUE_FOR_CUSTODIAN = """
    INSERT INTO ledger_custodyposting (transfer_id, state, statement_date)
    SELECT t.id,
        CASE WHEN t.custody_reference = '' THEN 'PENDING' ELSE 'EXECUTED' END,
        CASE WHEN t.custody_reference = '' THEN NULL ELSE t.business_date END
    FROM ledger_transfer t WHERE t.id IN (SELECT transfer_id FROM new_entries) ORDER BY t.id"""
ONLINE = f"""
        {CHECK_TRANSFERS.format(into="INTO unbalanced, unknown_transfer")};
        {CHECK_PLATFORM.format(into="INTO unknown_account, guarded")};
        {COUNT_CUSTOMERS.format(into="INTO customers")};
"""
ONLINE_WRITES = f"""
        {LOCK_BALANCES.format(perform="PERFORM")};
        {ADD_TO_BALANCES};
        GET DIAGNOSTICS found = ROW_COUNT;
        {QUEUE_FOR_CUSTODIAN};
"""
BULK = f"""
        PERFORM set_config('enable_seqscan', 'on', true), set_config('enable_hashjoin', 'on', true),
            set_config('enable_mergejoin', 'on', true);
        EXECUTE $q${CHECK_TRANSFERS.format(into="")}$q$ INTO unbalanced, unknown_transfer;
        EXECUTE $q${CHECK_PLATFORM.format(into="")}$q$ INTO unknown_account, guarded;
        EXECUTE $q${COUNT_CUSTOMERS.format(into="")}$q$ INTO customers;
"""
BULK_WRITES = f"""
        EXECUTE $q${LOCK_BALANCES.format(perform="SELECT")}$q$;
        EXECUTE $q${ADD_TO_BALANCES}$q$;
        GET DIAGNOSTICS found = ROW_COUNT;
        EXECUTE $q${QUEUE_FOR_CUSTODIAN}$q$;
"""

POSTING = f"""
CREATE FUNCTION ledger_post_entries() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    unbalanced bigint;
    unknown_transfer bigint;
    unknown_account bigint;
    guarded bigint[];
    customers bigint;
    found bigint;
    platform_account bigint;
    is_bulk boolean := (SELECT count(*) FROM new_entries) > 1000;
BEGIN
    IF is_bulk THEN
        {BULK}
    ELSE
        {ONLINE}
    END IF;
    IF unknown_transfer IS NOT NULL THEN
        RAISE EXCEPTION 'there is no transfer %', unknown_transfer
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_transfer_exists';
    END IF;
    IF unbalanced IS NOT NULL THEN
        RAISE EXCEPTION 'the entries of transfer % do not sum to zero', unbalanced
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_balanced';
    END IF;
    IF unknown_account IS NOT NULL THEN
        RAISE EXCEPTION 'there is no account %', unknown_account
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_account_exists';
    END IF;
    IF is_bulk THEN
        {BULK_WRITES}
    ELSE
        {ONLINE_WRITES}
    END IF;
    -- Each customer account has a balance row, so that a missing row means a missing account.
    IF found <> customers THEN
        RAISE EXCEPTION 'there is no such customer account'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_account_exists';
    END IF;
    -- A platform account has no running balance: only a posting that takes from it pays for the sum, under its lock.
    FOREACH platform_account IN ARRAY coalesce(guarded, ARRAY[]::bigint[]) LOOP
        PERFORM FROM ledger_account WHERE id = platform_account FOR NO KEY UPDATE;
        IF ledger_balance(platform_account) < 0 THEN
            RAISE EXCEPTION 'account % would fall below zero', platform_account
                USING ERRCODE = 'check_violation', CONSTRAINT = 'balance_not_negative';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_post_entries AFTER INSERT ON ledger_entry
    REFERENCING NEW TABLE AS new_entries
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_post_entries();

CREATE FUNCTION ledger_check_transfers() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    -- The limit inside keeps the probe an index lookup whatever the statistics say.
    PERFORM FROM new_transfers n
    WHERE (SELECT e.id FROM ledger_entry e WHERE e.transfer_id = n.id LIMIT 1) IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'a transfer and its entries come in one statement'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_has_entries';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_check_transfers AFTER INSERT ON ledger_transfer
    REFERENCING NEW TABLE AS new_transfers
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_transfers();
"""
POSTING_BACK = """
DROP TRIGGER ledger_check_transfers ON ledger_transfer;
DROP FUNCTION ledger_check_transfers();
DROP TRIGGER ledger_post_entries ON ledger_entry;
DROP FUNCTION ledger_post_entries();
"""

_CHANGE = "UPDATE OR DELETE OR TRUNCATE"
IMMUTABLE = {
    "ledger_account": _CHANGE,
    "ledger_transfer": _CHANGE,
    "ledger_entry": _CHANGE,
    "ledger_balancecheckpoint": _CHANGE,
    # The custodian's answer is written here, but the row seals its transfer and never leaves it.
    "ledger_custodyposting": "UPDATE OF transfer_id OR DELETE OR TRUNCATE",
}


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("core", "0002_guards")]

    operations = [
        migrations.RunSQL(BALANCE, BALANCE_BACK),
        migrations.RunSQL(POSTING, POSTING_BACK),
        *[
            migrations.RunSQL(
                f"CREATE TRIGGER ledger_immutable BEFORE {events} ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();",
                f"DROP TRIGGER ledger_immutable ON {table};",
            )
            for table, events in IMMUTABLE.items()
        ],
    ]
