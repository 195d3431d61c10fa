{ crt: the terminal, by the escape sequences of ECMA-48. }
unit crt;
interface
const
	black = 0; blue = 1; green = 2; cyan = 3; red = 4; magenta = 5; brown = 6; lightgray = 7;
	darkgray = 8; lightblue = 9; lightgreen = 10; lightcyan = 11; lightred = 12; lightmagenta = 13; yellow = 14; white = 15;
	blink = 128;
procedure clrscr;
procedure clreol;
procedure gotoxy(x, y: integer);
procedure textcolor(c: integer);
procedure textbackground(c: integer);
procedure normvideo;
procedure highvideo;
procedure lowvideo;
procedure delay(ms: integer);
implementation

{ Turbo Pascal counts colours from the blue end, ECMA-48 from the red one. }
function ansi(c: integer): integer;
begin
	ansi := (c and 1) * 4 + (c and 2) + (c and 4) div 4
end;

procedure clrscr;
begin
	write(#27'[2J'#27'[H')
end;

procedure clreol;
begin
	write(#27'[K')
end;

procedure gotoxy(x, y: integer);
begin
	write(#27'[', y, ';', x, 'H')
end;

procedure textcolor(c: integer);
begin
	write(#27'[', 30 + ansi(c and 7) + 60 * ord(c and 8 <> 0), 'm');
	if c and blink <> 0 then
		write(#27'[5m')
end;

procedure textbackground(c: integer);
begin
	write(#27'[', 40 + ansi(c and 7), 'm')
end;

procedure normvideo;
begin
	write(#27'[0m')
end;

procedure highvideo;
begin
	write(#27'[1m')
end;

procedure lowvideo;
begin
	write(#27'[2m')
end;

procedure delay(ms: integer);
begin
	sleepms(ms)
end;

end.
