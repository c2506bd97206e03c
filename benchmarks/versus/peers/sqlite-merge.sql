-- The three-way merge of a table by key. Of two changes of one cell it takes ours, and
-- says nothing.
CREATE TABLE b (id TEXT PRIMARY KEY, enabled, threshold, "group", owner, quota, updated, etag, note) WITHOUT ROWID;
CREATE TABLE o (id TEXT PRIMARY KEY, enabled, threshold, "group", owner, quota, updated, etag, note) WITHOUT ROWID;
CREATE TABLE t (id TEXT PRIMARY KEY, enabled, threshold, "group", owner, quota, updated, etag, note) WITHOUT ROWID;
.import --csv --skip 1 base.csv b
.import --csv --skip 1 ours.csv o
.import --csv --skip 1 theirs.csv t
.mode csv
.headers on
.separator , "\n"
SELECT id,
  iif(o.enabled IS b.enabled, t.enabled, o.enabled) AS enabled,
  iif(o.threshold IS b.threshold, t.threshold, o.threshold) AS threshold,
  iif(o."group" IS b."group", t."group", o."group") AS "group",
  iif(o.owner IS b.owner, t.owner, o.owner) AS owner,
  iif(o.quota IS b.quota, t.quota, o.quota) AS quota,
  iif(o.updated IS b.updated, t.updated, o.updated) AS updated,
  iif(o.etag IS b.etag, t.etag, o.etag) AS etag,
  iif(o.note IS b.note, t.note, o.note) AS note
FROM b JOIN o USING (id) JOIN t USING (id)
UNION ALL SELECT * FROM o WHERE id NOT IN (SELECT id FROM b)
UNION ALL SELECT * FROM t WHERE id NOT IN (SELECT id FROM b)
ORDER BY id;
