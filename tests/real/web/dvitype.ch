% Changes that make dvitype.web a program of standard Pascal with else in case, assign, seek and filesize.

@x
@d othercases == others: {default for cases not listed explicitly}
@y
@d othercases == else {default for cases not listed explicitly}
@z

@x
@p program DVI_type(@!dvi_file,@!output);
@y
@p program DVI_type(@!dvi_file,@!input,@!output);
@z

@x
@!text_file=packed file of text_char;
@y
@!text_file=t@&e@&x@&t;
@z

@x
@!tfm_file:byte_file; {a font metric file}
@y
@!tfm_file:byte_file; {a font metric file}
@!tfm_open:boolean; {could it be opened?}
@z

@x
begin reset(tfm_file,cur_name);
@y
var n,@!k:integer; @!s:@= shortstring@>;
begin n:=name_length;
while (n>1)and(cur_name[n]=' ') do decr(n);
s[0]:=chr(n);
for k:=1 to n do s[k]:=cur_name[k];
@= assign@>(tfm_file,s); @{@&$I-@} reset(tfm_file); @{@&$I+@} tfm_open:=@= ioresult@>=0;
@z

@x
begin set_pos(dvi_file,-1); dvi_length:=cur_pos(dvi_file);
@y
begin dvi_length:=@= filesize@>(dvi_file);
@z

@x
begin set_pos(dvi_file,n); cur_loc:=n;
@y
begin @= seek@>(dvi_file,n); cur_loc:=n;
@z

@x
@!term_in:text_file; {the terminal, considered as an input file}
@!term_out:text_file; {the terminal, considered as an output file}
@y
@z

@x
@d update_terminal == break(term_out) {empty the terminal output buffer}
@y
@d term_in==i@&n@&p@&u@&t
@d term_out==o@&u@&t@&p@&u@&t
@d update_terminal == @= flush@>(term_out) {empty the terminal output buffer}
@z

@x
begin update_terminal; reset(term_in);
if eoln(term_in) then read_ln(term_in);
k:=0;
@y
begin update_terminal; k:=0;
@z

@x
  begin buffer[k]:=xord[term_in^]; incr(k); get(term_in);
  end;
@y
  begin buffer[k]:=xord[term_in^]; incr(k); get(term_in);
  end;
read_ln(term_in);
@z

@x
begin rewrite(term_out); {prepare the terminal for output}
@y
begin
@z

@x
if eof(tfm_file) then
  print('---not loaded, TFM file can''t be opened!')
@y
if not tfm_open then
  print('---not loaded, TFM file can''t be opened!')
@z

@x
@d default_directory_name=='TeXfonts:' {change this to the correct name}
@y
@d default_directory_name=='TeXfonts/' {change this to the correct name}
@z

@x
  if (names[k]>="a")and(names[k]<="z") then
      cur_name[r]:=xchr[names[k]-@'40]
  else cur_name[r]:=xchr[names[k]];
@y
  cur_name[r]:=xchr[names[k]];
@z

@x
cur_name[r+1]:='.'; cur_name[r+2]:='T'; cur_name[r+3]:='F'; cur_name[r+4]:='M'
@y
cur_name[r+1]:='.'; cur_name[r+2]:='t'; cur_name[r+3]:='f'; cur_name[r+4]:='m'
@z
