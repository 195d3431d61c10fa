program csvsum;
{ Sums up a table: reads lines of fields with commas between them (quoted ones too), the first line with the
  names of the columns, and prints for each column of numbers: count, sum, mean, least and greatest. }
const
  maxcols = 20;
type
  field = string[40];
  column = record
    name: field;
    count, texts: integer;
    sum, least, greatest: real
  end;
var
  cols: array [1..maxcols] of column;
  ncols, rows: integer;
  line: string;

{ Takes the next field off the line, from position at on. }
procedure take(var at: integer; var f: field);
var
  quoted: boolean;
begin
  f := '';
  quoted := false;
  while (at <= length(line)) and (quoted or (line[at] <> ',')) do begin
    if line[at] <> '"' then
      f := f + line[at]
    else if quoted and (at < length(line)) and (line[at + 1] = '"') then begin
      f := f + '"';
      at := at + 1
    end else
      quoted := not quoted;
    at := at + 1
  end;
  at := at + 1
end;

procedure header;
var
  at: integer;
begin
  ncols := 0;
  at := 1;
  while (at <= length(line)) and (ncols < maxcols) do begin
    ncols := ncols + 1;
    with cols[ncols] do begin
      take(at, name);
      count := 0;
      texts := 0;
      sum := 0;
      least := 0;
      greatest := 0
    end
  end
end;

procedure count(var c: column; x: real);
begin
  with c do begin
    if (count = 0) or (x < least) then
      least := x;
    if (count = 0) or (x > greatest) then
      greatest := x;
    count := count + 1;
    sum := sum + x
  end
end;

procedure row;
var
  at, k, code: integer;
  f: field;
  x: real;
begin
  rows := rows + 1;
  at := 1;
  k := 0;
  while (at <= length(line)) and (k < ncols) do begin
    k := k + 1;
    take(at, f);
    if f <> '' then begin
      val(f, x, code);
      if code = 0 then
        count(cols[k], x)
      else
        cols[k].texts := cols[k].texts + 1
    end
  end
end;

procedure report;
var
  k: integer;
begin
  writeln('column':16, 'count':7, 'sum':14, 'mean':12, 'least':12, 'greatest':12);
  for k := 1 to ncols do
    with cols[k] do
      if count > 0 then
        writeln(name:16, count:7, sum:14:2, sum / count:12:3, least:12:2, greatest:12:2)
      else
        writeln(name:16, texts:7, ' texts');
  writeln(rows, ' rows')
end;

begin
  rows := 0;
  if not eof then begin
    readln(line);
    header
  end;
  while not eof do begin
    readln(line);
    if line <> '' then
      row
  end;
  report
end.
