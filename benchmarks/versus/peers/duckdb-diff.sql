-- The rows that differ, by key.
CREATE MACRO version(name) AS TABLE SELECT * FROM read_csv(name, header = true, all_varchar = true, delim = ',', quote = '"', escape = '"');
COPY (
  SELECT CASE WHEN b.id IS NULL THEN '+' WHEN o.id IS NULL THEN '-' ELSE '~' END AS change, id, b.* EXCLUDE (id), o.* EXCLUDE (id)
  FROM version('base.csv') b FULL JOIN version('ours.csv') o USING (id)
  WHERE b IS DISTINCT FROM o
  ORDER BY id
) TO 'diff-duckdb.csv' (HEADER, DELIMITER ',');
