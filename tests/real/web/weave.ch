% Changes that make weave.web a program of standard Pascal with else in case; its files are its arguments.

@x
program WEAVE(@!web_file,@!change_file,@!tex_file);
@y
program WEAVE(@!web_file,@!change_file,@!tex_file,@!output);
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
@!buf_size=100; {maximum length of input line}
@y
@!buf_size=200; {maximum length of input line}
@z

@x
@!text_file=packed file of text_char;
@y
@!text_file=t@&e@&x@&t;
@z

@x
@!term_out:text_file; {the terminal as an output file}
@y
@z

@x
rewrite(term_out,'TTY:'); {send |term_out| output to the terminal}
@y
@z

@x
@d update_terminal == break(term_out) {empty the terminal output buffer}
@y
@d term_out==o@&u@&t@&p@&u@&t
@d update_terminal == @= flush@>(term_out) {empty the terminal output buffer}
@z
