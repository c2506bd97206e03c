-- The three-way merge of a table by key. Of two changes of one cell it takes ours, and
-- says nothing.
CREATE MACRO version(name) AS TABLE SELECT * FROM read_csv(name, header = true, all_varchar = true, delim = ',', quote = '"', escape = '"');
CREATE MACRO cell(b, o, t) AS CASE WHEN o IS NOT DISTINCT FROM b THEN t ELSE o END;
COPY (
  SELECT id,
    cell(b.enabled, o.enabled, t.enabled) AS enabled,
    cell(b.threshold, o.threshold, t.threshold) AS threshold,
    cell(b."group", o."group", t."group") AS "group",
    cell(b.owner, o.owner, t.owner) AS owner,
    cell(b.quota, o.quota, t.quota) AS quota,
    cell(b.updated, o.updated, t.updated) AS updated,
    cell(b.etag, o.etag, t.etag) AS etag,
    cell(b.note, o.note, t.note) AS note
  FROM version('base.csv') b
    FULL JOIN version('ours.csv') o USING (id)
    FULL JOIN version('theirs.csv') t USING (id)
  WHERE b.id IS NULL OR (o.id IS NOT NULL AND t.id IS NOT NULL)
  ORDER BY id
) TO 'merge-duckdb.csv' (HEADER, DELIMITER ',');
