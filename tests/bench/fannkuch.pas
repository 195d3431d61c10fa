program fannkuch;
{ Pancake flips over all permutations. }
const
  n = 10;
var
  p, q, s: array [1..n] of integer;
  sign, maxflips, sum, i: integer;

procedure run;
var
  q1, i, j, m, t, flips, sx, qq, tt: integer;
  done: boolean;
begin
  sign := 1;
  maxflips := 0;
  sum := 0;
  for i := 1 to n do begin
    p[i] := i;
    q[i] := i;
    s[i] := i
  end;
  done := false;
  repeat
    q1 := p[1];
    if q1 <> 1 then begin
      for i := 2 to n do
        q[i] := p[i];
      flips := 1;
      repeat
        qq := q[q1];
        if qq = 1 then begin
          sum := sum + sign * flips;
          if flips > maxflips then
            maxflips := flips
        end else begin
          q[q1] := q1;
          if q1 >= 4 then begin
            i := 2;
            j := q1 - 1;
            repeat
              t := q[i];
              q[i] := q[j];
              q[j] := t;
              i := i + 1;
              j := j - 1
            until i >= j
          end;
          q1 := qq;
          flips := flips + 1
        end
      until qq = 1
    end;
    if sign = 1 then begin
      t := p[1];
      p[1] := p[2];
      p[2] := t;
      sign := -1
    end else begin
      t := p[2];
      p[2] := p[3];
      p[3] := t;
      sign := 1;
      i := 3;
      sx := 0;
      while (i <= n) and (sx = 0) do begin
        sx := s[i];
        if sx <> 1 then
          s[i] := sx - 1
        else begin
          sx := 0;
          if i = n then begin
            done := true;
            sx := 1
          end else begin
            s[i] := i;
            tt := p[1];
            for m := 1 to i do
              p[m] := p[m + 1];
            p[i + 1] := tt;
            i := i + 1
          end
        end
      end
    end
  until done
end;

begin
  run;
  writeln(sum, ' ', maxflips)
end.
