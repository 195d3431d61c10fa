program brainf;
{ An interpreter of the language Brainf***.  Reads a program up to an exclamation mark or the end of the
  input; what follows is the program's own input.  Jumps are matched before it starts. }
const
  maxcode = 20000;
  maxcell = 29999;
var
  code: array [1..maxcode] of char;
  jump: array [1..maxcode] of integer;
  cell: array [0..maxcell] of 0..255;
  size: integer;

procedure load;
var
  c: char;
begin
  size := 0;
  c := ' ';
  while not eof and (c <> '!') do begin
    if eoln then
      readln
    else begin
      read(c);
      if c in ['+', '-', '<', '>', '.', ',', '[', ']'] then begin
        size := size + 1;
        code[size] := c
      end
    end
  end
end;

{ Finds each bracket's partner. }
procedure match;
var
  stack: array [1..500] of integer;
  depth, i: integer;
begin
  depth := 0;
  for i := 1 to size do
    if code[i] = '[' then begin
      depth := depth + 1;
      stack[depth] := i
    end else if code[i] = ']' then begin
      if depth = 0 then begin
        writeln('] without [');
        halt(1)
      end;
      jump[i] := stack[depth];
      jump[stack[depth]] := i;
      depth := depth - 1
    end;
  if depth > 0 then begin
    writeln('[ without ]');
    halt(1)
  end
end;

procedure run;
var
  pc, p: integer;
  c: char;
begin
  for p := 0 to maxcell do
    cell[p] := 0;
  p := 0;
  pc := 1;
  while pc <= size do begin
    case code[pc] of
      '+': cell[p] := (cell[p] + 1) mod 256;
      '-': cell[p] := (cell[p] + 255) mod 256;
      '>': p := (p + 1) mod (maxcell + 1);
      '<': p := (p + maxcell) mod (maxcell + 1);
      '.':
        if cell[p] = 10 then
          writeln
        else
          write(chr(cell[p]));
      ',':
        if eof then
          cell[p] := 0
        else if eoln then begin
          readln;
          cell[p] := 10
        end else begin
          read(c);
          cell[p] := ord(c)
        end;
      '[':
        if cell[p] = 0 then
          pc := jump[pc];
      ']':
        if cell[p] <> 0 then
          pc := jump[pc]
    end;
    pc := pc + 1
  end
end;

begin
  load;
  match;
  run
end.
