# needs: sqlite3
# short: jit
# modes: jit eval
cat >s.sql <<'END'
CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT NOT NULL, born INT, score REAL);
CREATE TABLE work(person INT REFERENCES person(id), title TEXT, year INT);
CREATE INDEX work_year ON work(year, person);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
INSERT INTO person SELECT i, printf('name%03d', (i * 7919) % 1000), 1900 + i % 100, i * 1.5 / (1 + i % 7) FROM n;
INSERT INTO work SELECT id, name || ' part ' || (id % 3), born + 20 + id % 40 FROM person WHERE id % 2;
INSERT INTO work SELECT person, title || ' again', year + 1 FROM work WHERE year < 1960;
SELECT count(*), min(born), max(born), round(avg(score), 6), sum(score) FROM person;
SELECT year, count(*) AS n, group_concat(person, ' ') FROM work GROUP BY year HAVING n > 8 ORDER BY n DESC, year LIMIT 5;
SELECT p.name, w.title FROM person p JOIN work w ON w.person = p.id WHERE w.year BETWEEN 1930 AND 1935 ORDER BY w.year, p.name DESC LIMIT 6;
SELECT name, rank() OVER (ORDER BY born), sum(score) OVER (PARTITION BY born ORDER BY id) FROM person ORDER BY id LIMIT 4;
SELECT quote(x'00ff'), hex('abc'), upper('äb'), length('日本'), substr('hello', -3, 2), replace('aXbX', 'X', '--'), instr('hello', 'l'), typeof(1.0), typeof('1' + 1), 7 / 2, -7 % 3, 7.0 / 2, 1 << 40;
SELECT date('2024-02-29', '+1 year'), strftime('%J %s', '2000-01-01'), julianday('1970-01-01'), time(3661, 'unixepoch');
SELECT json_extract('{"a":[1,{"b":2.5}]}', '$.a[1].b'), json_group_array(id) FROM person WHERE id < 6;
SELECT abs(-9223372036854775807), 9223372036854775807 + 1, 1e308 * 10, round(2.5), 0.1 + 0.2, 1/0, 3 IN (1,2,3), NULL IS NULL, coalesce(NULL, 'x'), 'a' LIKE 'A', 'abc' GLOB 'a*';
BEGIN; UPDATE person SET score = score * 2 WHERE id % 10 = 0; DELETE FROM work WHERE year > 1990; SELECT changes(), total_changes(); ROLLBACK;
SELECT count(*) FROM work;
CREATE TRIGGER t AFTER DELETE ON person BEGIN DELETE FROM work WHERE person = old.id; END;
DELETE FROM person WHERE id BETWEEN 100 AND 200; SELECT count(*) FROM work; 
CREATE VIEW v AS SELECT born / 10 * 10 AS decade, count(*) AS n FROM person GROUP BY 1; SELECT * FROM v ORDER BY decade;
EXPLAIN QUERY PLAN SELECT * FROM work WHERE year = 1950 AND person > 3;
CREATE VIRTUAL TABLE f USING fts5(x); INSERT INTO f SELECT title FROM work; SELECT count(*) FROM f WHERE f MATCH 'again AND part';
CREATE VIRTUAL TABLE r USING rtree(id, x0, x1, y0, y1); INSERT INTO r SELECT id, id, id + 10, born, born + 5 FROM person; SELECT count(*) FROM r WHERE x0 > 50 AND x1 < 90;
INSERT INTO person(id, name) VALUES(1, 'twice');
SELECT nothing FROM person;
PRAGMA integrity_check; VACUUM; PRAGMA page_count;
WITH RECURSIVE x(n, a, b) AS (SELECT 1, 0, 1 UNION ALL SELECT n + 1, b, a + b FROM x WHERE n < 90) SELECT a FROM x ORDER BY n DESC LIMIT 1;
END
echo "--- a database in memory"; sqlite3 :memory: <s.sql 2>&1
echo "--- a database on disk"; sqlite3 t.db <s.sql 2>&1 | md5sum; sqlite3 t.db .dump | md5sum; sqlite3 -csv -header t.db 'select * from v limit 3'; sqlite3 -json t.db 'select id, name from person limit 2'; sqlite3 -line t.db 'select id, name from person limit 2'
echo "--- write-ahead log"; sqlite3 t.db 'pragma journal_mode=wal; create table z(x); insert into z values(1),(2); pragma wal_checkpoint; select sum(x) from z;'; sqlite3 t.db .dump | sqlite3 u.db; cmp t.db u.db >/dev/null; sqlite3 u.db 'select count(*) from person'
