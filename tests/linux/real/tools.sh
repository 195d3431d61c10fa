# needs: m4 bc dc jq
echo "--- bc"; echo 'scale=60; 4*a(1); e(1); sqrt(2); 2^300; define f(n) { if (n < 2) return 1; return n * f(n - 1) }; f(60); obase=16; 123456789; ibase=2; 1011' | bc -l
echo "--- dc"; printf '20k 2v p 100 99 * p [la1+dsa*pla10>y]sy 0sa1 lyx\n' | dc
echo "--- m4"; m4 <<'END'
define(`fact', `ifelse($1, 0, 1, `eval($1 * fact(decr($1)))')')fact(10)
define(`forloop', `pushdef(`$1', `$2')_forloop($@)popdef(`$1')')define(`_forloop', `$4`'ifelse($1, `$3', , `define(`$1', incr($1))$0($@)')')forloop(`i', 1, 10, `i ')
translit(hello, a-z, A-Z) len(abcdef) substr(abcdef, 2, 3) regexp(`GNUs not Unix', `\w+$') patsubst(`a b c', ` ', `-') format(`%05d|%s', 42, x) syscmd(echo from shell) eval(2 ** 20 % 1000)
END
echo "--- jq"
echo '{"a":[1,2,{"b":"x\u00e9"}],"c":null,"d":1.5e10,"e":true}' >j; jq . j; jq -c '.a | map(numbers * 2)' j; jq -r '.a[2].b' j; jq -S 'to_entries | map(select(.value != null) | .key)' j; jq -n '[range(10)] | map(. * .) | add, (sort_by(-.) | first), (group_by(. % 3) | length)'; jq -n '"a,b,c" | split(",") | join("-"), (. | tojson), ("abc" | test("B"; "i")), ("x1y22" | [scan("[0-9]+")])'; jq -n 'def f: if . < 2 then 1 else . * (. - 1 | f) end; 20 | f, (now | type), ("2015-03-05T23:51:47Z" | fromdate), ([3, 1, 2] | sort | @csv), ({} | .a.b.c = 5), (reduce range(1000) as $i (0; . + $i))'; echo '{bad' | jq . 2>&1; echo $?
