DO $$
BEGIN
    EXECUTE format('ALTER ROLE todo PASSWORD %L', rtrim(pg_read_file('/run/secrets/postgres/password'), E'\n'));
EXCEPTION WHEN OTHERS THEN
    -- The server's own message would show the statement, and with it the password.
    RAISE EXCEPTION 'the password of role todo could not be set: %', SQLERRM;
END
$$;
