% Changes that make mf.web a program of standard Pascal with else in case, assign, ioresult and strings.  METAFONT pretends
% to have a screen, as the trap test wants.  tex.sh sets the sizes of that test.

@x
@d stat==@{ {change this to `$\\{stat}\equiv\null$' when gathering
  usage statistics}
@d tats==@t@>@} {change this to `$\\{tats}\equiv\null$' when gathering
  usage statistics}
@y
@d stat==
@d tats==
@z

@x
@{@&$C-,A+,D-@} {no range check, catch arithmetic overflow, no debug overhead}
@!debug @{@&$C+,D+@}@+ gubed {but turn everything on when debugging}
@y
@z

@x
@d othercases == others: {default for cases not listed explicitly}
@y
@d othercases == else {default for cases not listed explicitly}
@z

@x
@!mem_max=30000; {greatest index in \MF's internal |mem| array;
@y
@!mem_max=60000; {greatest index in \MF's internal |mem| array;
@z

@x
@!buf_size=500; {maximum number of characters simultaneously present in
@y
@!buf_size=2000; {maximum number of characters simultaneously present in
@z

@x
@!error_line=72; {width of context lines on terminal error messages}
@!half_error_line=42; {width of first lines of contexts in terminal
  error messages; should be between 30 and |error_line-15|}
@!max_print_line=79; {width of longest text lines output; should be at least 60}
@y
@!error_line=72; {width of context lines on terminal error messages}
@!half_error_line=42; {width of first lines of contexts in terminal
  error messages; should be between 30 and |error_line-15|}
@!max_print_line=79; {width of longest text lines output; should be at least 60}
@z

@x
@!screen_width=768; {number of pixels in each row of screen display}
@y
@!screen_width=768; {number of pixels in each row of screen display}
@z

@x
@!screen_depth=1024; {number of pixels in each column of screen display}
@y
@!screen_depth=1024; {number of pixels in each column of screen display}
@z

@x
@!max_strings=2000; {maximum number of strings; must not exceed |max_halfword|}
@y
@!max_strings=5000; {maximum number of strings; must not exceed |max_halfword|}
@z

@x
@!pool_size=32000; {maximum number of characters in strings, including all
@y
@!pool_size=60000; {maximum number of characters in strings, including all
@z

@x
@!gf_buf_size=800; {size of the output buffer, must be a multiple of 8}
@y
@!gf_buf_size=800; {size of the output buffer, must be a multiple of 8}
@z

@x
@!pool_name='MFbases:MF.POOL                         ';
@y
@!pool_name='mf.pool                                 ';
@z

@x
@d mem_top==30000 {largest index in the |mem| array dumped by \.{INIMF};
@y
@d mem_top==60000 {largest index in the |mem| array dumped by \.{INIMF};
@z

@x
@!alpha_file=packed file of text_char; {files that contain textual data}
@y
@!alpha_file=t@&e@&x@&t; {files that contain textual data}
@z

@x
@d reset_OK(#)==erstat(#)=0
@d rewrite_OK(#)==erstat(#)=0
@y
The name that the system gets ends before the blanks.

@d open_it(#)==@= assign@>(f,real_name); @{@&$I-@} #(f); @{@&$I+@} if @= ioresult@>=0 then
@d file_OK(#)==#:=true@+else #:=false
@z

@x
@p function a_open_in(var @!f:alpha_file):boolean;
@y
@p function real_name:@= shortstring@>;
var n,@!k:integer; @!s:@= shortstring@>;
begin n:=file_name_size;
while (n>1)and(name_of_file[n]=' ') do decr(n);
s[0]:=chr(n);
for k:=1 to n do s[k]:=name_of_file[k];
real_name:=s;
end;
@#
function a_open_in(var @!f:alpha_file):boolean;
@z

@x
begin reset(f,name_of_file,'/O'); a_open_in:=reset_OK(f);
@y
begin open_it(reset) file_OK(a_open_in);
@z

@x
begin rewrite(f,name_of_file,'/O'); a_open_out:=rewrite_OK(f);
@y
begin open_it(rewrite) file_OK(a_open_out);
@z

@x
begin rewrite(f,name_of_file,'/O'); b_open_out:=rewrite_OK(f);
@y
begin open_it(rewrite) file_OK(b_open_out);
@z

@x
begin reset(f,name_of_file,'/O'); w_open_in:=reset_OK(f);
@y
begin open_it(reset) file_OK(w_open_in);
@z

@x
begin rewrite(f,name_of_file,'/O'); w_open_out:=rewrite_OK(f);
@y
begin open_it(rewrite) file_OK(w_open_out);
@z

@x
begin if bypass_eoln then if not eof(f) then get(f);
  {input the first character of the line into |f^|}
last:=first; {cf.\ Matthew 19\thinspace:\thinspace30}
@y
begin last:=first; {each call takes its line's end, too, and |bypass_eoln| has nothing to do}
@z

@x
    buffer[last]:=xord[f^]; get(f); incr(last);
    if buffer[last-1]<>" " then last_nonblank:=last;
    end;
@y
    buffer[last]:=xord[f^]; get(f); incr(last);
    if buffer[last-1]<>" " then last_nonblank:=last;
    end;
  read_ln(f);
@z

@x
@!term_in:alpha_file; {the terminal as an input file}
@!term_out:alpha_file; {the terminal as an output file}
@y
@z

@x
@d t_open_in==reset(term_in,'TTY:','/O/I') {open the terminal for text input}
@d t_open_out==rewrite(term_out,'TTY:','/O')
@y
@d term_in==i@&n@&p@&u@&t
@d term_out==o@&u@&t@&p@&u@&t
@d t_open_in==do_nothing
@d t_open_out==do_nothing
@z

@x
@d update_terminal == break(term_out) {empty the terminal output buffer}
@d clear_terminal == break_in(term_in,true) {clear the terminal input buffer}
@y
@d update_terminal == @= flush@>(term_out) {empty the terminal output buffer}
@d clear_terminal == do_nothing
@z

@x
begin init_screen:=false;
@y
begin init_screen:=true;
@z

@x
@d MF_area=="MFinputs:"
@y
@d MF_area=="MFinputs/"
@z

@x
else  begin if (c=">")or(c=":") then
@y
else  begin if c="/" then
@z

@x
MF_base_default:='MFbases:plain.base';
@y
MF_base_default:='MFbases/plain.base';
@z
