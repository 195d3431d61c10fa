#!/bin/sh
# Knuth's programs, from the .web files of Debian's source package texlive-bin and our change files in web/:
#
#   sh tests/real/tex.sh
#
# TeX:
# It passes the trip test, and typesets its own documentation (weave's output, 536 pages) to a DVI file that equals, byte
# for byte, that of the same program compiled by Free Pascal.  Both are timed.  The trip test's outputs differ from Knuth's
# in what his trip manual allows: strings that the program has, the name of DVItype, and what the terminal echoes.
# METAFONT passes the trap test.  tangle and weave make of tex.web what they do when Free Pascal has compiled them, and
# dvitype lists the 536 pages as the one installed does.
# tangle, weave, pltotf, dvitype and so on come from the package texlive-binaries; without them, or the network, this is skipped.
set -u
. tests/real/fetch.sh
ch=$(pwd)/tests/real/web pvm="$(pwd)/out/pvm" work=$real/tex
export WEBINPUTS=.

if ! command -v tangle >/dev/null || ! command -v fpc >/dev/null; then
	echo "tex: SKIPPED: tangle (texlive-binaries) or fpc is not installed"
	exit 0
fi
if ! fetch_source texlive-bin "$real/texlive" '*/texk/web2c/*.web' '*/texk/web2c/triptrap/*' || ! fetch_files texlive-base "$real/texmf"; then
	echo "tex: SKIPPED: the packages texlive-bin and texlive-base could not be fetched (no network?)"
	exit 0
fi
web=$real/texlive/texk/web2c trip=$web/triptrap tree=$real/texmf/usr/share/texlive/texmf-dist
passed=0 failed=0

ok() {
	if [ "$1" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)) && echo "FAIL tex: $2"; fi
}

# same FILE KNUTH'S: but for the lines that may differ
same() {
	sed -E '/^This is DVItype/d; /strings? (of total length|out of|characters out of)/d; s/^\*\*\(tr(i|a)p/(tr\1p/; /^\*\* *&tr[ia]p  tr[ia]p *$/d' "$1" >"$1.ours"
	sed -E '/^This is DVItype/d; /strings? (of total length|out of|characters out of)/d; /^\*\* *&tr[ia]p  tr[ia]p *$/d' "$2" >"$1.knuth"
	diff -a "$1.ours" "$1.knuth" >"$1.diff"
	ok $? "the test's $1 differs: $(grep -ac '^[<>]' "$1.diff") lines"
}

# sizes WORD=VALUE...: changes these constants in the halves of a change file that are ours.
sizes() {
	awk -v list="$*" 'BEGIN { n = split(list, word, " ") }
	/^@y/ { ours = 1 } /^@z/ { ours = 0 }
	ours {
		for (i = 1; i <= n; i++) {
			split(word[i], w, ":")
			sub("^@!" w[1] "=[0-9]*", "@!" w[1] "=" w[2])
			sub("^@d " w[1] "==[0-9]*", "@d " w[1] "==" w[2])
			sub("^@d " w[1] "=[0-9]+", "@d " w[1] "=" w[2])
		}
	}
	{ print }'
}

trip_test() {
	mkdir -p "$work/trip/TeXfonts" && cd "$work/trip" || exit 2
	sizes mem_max:3000 mem_min:1 mem_top:3000 mem_bot:1 buf_size:500 max_strings:3000 pool_size:40000 \
		error_line:64 half_error_line:32 max_print_line:72 <"$ch/tex.ch" >tex.ch
	cp "$web/tex.web" "$trip/trip.tex" .
	tangle ./tex.web ./tex.ch >tangle.log 2>&1 && "$pvm" build --std=iso tex.p -o tex.pco
	ok $? "tex.web does not compile for the trip test"
	pltotf "$trip/trip.pl" TeXfonts/trip.tfm >/dev/null 2>&1
	timeout 100 "$pvm" tex.pco <"$trip/trip1.in" >tripin.fot
	mv trip.log tripin.log
	timeout 100 "$pvm" tex.pco <"$trip/trip2.in" >trip.fot
	echo >>trip.fot
	TFMFONTS=TeXfonts dvitype -output-level=2 -dpi=72.27 -page-start='*.*.*.*.*.*.*.*.*.*' trip.dvi >trip.typ
	for f in tripin.log trip.log trip.fot trip.typ; do
		same $f "$trip/$f"
	done
}

trap_test() {
	mkdir -p "$work/trap" && cd "$work/trap" || exit 2
	sizes mem_max:3000 mem_top:3000 buf_size:500 max_strings:2000 pool_size:32000 error_line:64 half_error_line:32 \
		max_print_line:72 screen_width:100 screen_depth:200 gf_buf_size:8 <"$ch/mf.ch" >mf.ch
	cp "$web/mf.web" "$trip/trap.mf" .
	tangle ./mf.web ./mf.ch >tangle.log 2>&1 && "$pvm" build --std=iso mf.p -o mf.pco
	ok $? "mf.web does not compile for the trap test"
	timeout 100 "$pvm" mf.pco <"$trip/mftrap1.in" >trapin.fot
	mv trap.log mftrapin.log
	timeout 100 "$pvm" mf.pco <"$trip/mftrap2.in" >mftrap.fot
	echo >>mftrap.fot
	mv trap.log mftrap.log
	tftopl ./trap.tfm mftrap.pl
	for f in mftrapin.log mftrap.log mftrap.fot mftrap.pl; do
		same $f "$trip/$f"
	done
}

# tangle and weave take their files' names as arguments; Free Pascal's program is told so.
web_programs() {
	cd "$work" || exit 2
	for p in tangle weave dvitype; do
		cp "$web/$p.web" .
		tangle ./$p.web "$ch/$p.ch" >tangle.log 2>&1 && "$pvm" build --std=iso $p.p -o $p.pco
		ok $? "$p.web does not compile"
	done
	for p in tangle weave; do
		sed 's/reset(webfile)/assign(webfile,paramstr(1));assign(changefile,paramstr(2));&/
			s/rewrite(Pascalfile)/assign(Pascalfile,paramstr(3));assign(pool,paramstr(4));&/
			s/rewrite(texfile)/assign(texfile,paramstr(3));&/' $p.p >f$p.pas
		fpc -Miso -O2 -v0 f$p.pas >fpc.log 2>&1
		./f$p tex.web tex.ch $p.fpc $p.fpc2 >fpc.out
		timeout 100 "$pvm" $p.pco tex.web tex.ch $p.pvm $p.pvm2 >pvm.out
		cmp $p.fpc $p.pvm && cmp fpc.out pvm.out && { [ $p = weave ] || cmp $p.fpc2 $p.pvm2; }
		ok $? "$p does not do what Free Pascal's does"
	done
	TFMFONTS=TeXfonts dvitype jit.dvi | sed 1d >theirs.typ
	yes '' | timeout 100 "$pvm" dvitype.pco jit.dvi | sed '1,2d; s/.*old one): //' >ours.typ
	cmp theirs.typ ours.typ
	ok $? "dvitype lists other things than the one installed"
}

# timed NAME COMMAND...: user and system time in seconds
timed() {
	name=$1
	shift
	echo '&plain tw' | /usr/bin/time -f "%U %S" -o time.$name "$@" >"$name.fot" 2>&1
	mv tw.dvi "$name.dvi"
}

own_pages() {
	mkdir -p "$work/TeXinputs" "$work/TeXfonts" "$work/TeXformats" && cd "$work" || exit 2
	cp "$tree"/tex/plain/base/plain.tex "$tree"/tex/plain/knuth-lib/*.tex "$tree"/tex/generic/hyphen/hyphen.tex TeXinputs/
	cp "$tree"/fonts/tfm/public/cm/*.tfm "$tree"/fonts/tfm/public/knuth-lib/*.tfm TeXfonts/
	cp "$web/tex.web" "$ch/tex.ch" .
	tangle ./tex.web ./tex.ch >tangle.log 2>&1 && "$pvm" build --std=iso tex.p -o tex.pco && "$pvm" build --std=iso --no-checks tex.p -o texu.pco
	ok $? "tex.web does not compile"
	cp tex.p ftex.pas
	fpc -Miso -O2 -CroitR -v0 -oftex ftex.pas >fpc.log 2>&1 && fpc -Miso -O2 -v0 -oftexu ftex.pas >fpc.log 2>&1
	ok $? "Free Pascal does not compile tex.p"
	echo 'plain \dump' | ./ftex >/dev/null && mv plain.fmt fpc.fmt
	echo 'plain \dump' | timeout 100 "$pvm" tex.pco >/dev/null && cp plain.fmt TeXformats/ && cmp plain.fmt fpc.fmt
	ok $? "the dumped format differs from Free Pascal's"
	weave ./tex.web >weave.log 2>&1 && mv tex.tex tw.tex
	timed fpc ./ftex
	timed fpcu ./ftexu
	timed jit timeout 100 "$pvm" tex.pco
	timed jitu timeout 100 "$pvm" texu.pco
	cmp jit.dvi fpc.dvi && cmp jitu.dvi fpc.dvi && grep -q '(536 pages' jit.fot
	ok $? "the DVI file differs from Free Pascal's"
	paste -d ' ' time.jit time.fpc time.jitu time.fpcu | tail -1 | awk '{
		printf "tex: 536 pages in %.2f s user, Free Pascal %.2f (with the system %.2f and %.2f: %.2f times as long)\n", $1, $3, $1 + $2, $3 + $4, ($1 + $2) / ($3 + $4)
		printf "tex: without checks %.2f s user, Free Pascal %.2f (with the system %.2f and %.2f: %.2f times as long)\n", $5, $7, $5 + $6, $7 + $8, ($5 + $6) / ($7 + $8) }'
}

# On the architectures whose pvm was built (make CROSS=s390x-linux-gnu CFLAGS=-O1 LDFLAGS='-static -no-pie'), interpreted.
elsewhere() {
	cd "$work" || exit 2
	for there in aarch64-linux-gnu:aarch64 riscv64-linux-gnu:riscv64 s390x-linux-gnu:s390x; do
		other=$(dirname "$pvm")/${there%:*}/pvm
		[ -x "$other" ] && command -v "qemu-${there#*:}" >/dev/null || continue
		echo '&plain tw' | timeout 1000 "qemu-${there#*:}" "$other" tex.pco >other.fot && cmp tw.dvi fpc.dvi
		ok $? "the DVI file differs on ${there#*:}"
	done
}

rm -rf "$work"
trip_test
trap_test
own_pages
web_programs
elsewhere
echo "$passed passed, $failed failed"
[ $failed = 0 ]
