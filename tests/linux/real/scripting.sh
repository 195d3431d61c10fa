# needs: tclsh8.6
# widths: 64 32
cat >t.tcl <<'END'
puts "--- tcl"
proc fib n { expr {$n < 2 ? $n : [fib [expr {$n - 1}]] + [fib [expr {$n - 2}]]} }
puts [fib 15]; puts [expr {2 ** 100}] ; puts [format "%.5f %x %s" [expr {sin(1)}] 255 [string toupper abc]]
set d [dict create a 1 b 2]; dict set d c 3; puts [dict keys $d]; puts [lsort -integer -decreasing {3 10 2}]; puts [regsub -all {o} "foo boo" 0]
foreach {x y} {1 2 3 4} { puts -nonewline "$x+$y " }; puts ""; puts [catch {error bad} m]; puts $m; puts [clock format 0 -gmt 1 -format %Y-%m-%d]
set f [open o w]; puts $f hello; close $f; puts [file size o]; puts [exec echo child]; puts [string map {a 1 b 2} abc]; puts [llength [split "a,b,c" ,]]; coroutine c apply {{} { yield; yield 1; yield 2 }}; puts [c][c]
after 20 {set done 1}; vwait done; set s [socket -server {apply {{c a p} {puts $c hi; close $c}}} 0]; set c [socket 127.0.0.1 [lindex [fconfigure $s -sockname] 2]]; fileevent $c readable {gets $c l; set done 2}; vwait done; puts $l; puts [encoding convertto utf-8 ü]
END
tclsh8.6 t.tcl
