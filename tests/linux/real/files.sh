# needs: tar find diff file
echo "--- tar"
mkdir -p s/d1/d2; seq 1000 >s/a; ln -s a s/l; ln s/a s/h; echo deep >s/d1/d2/f; chmod 750 s/d1; find s -exec touch -h -d '2020-01-01 UTC' {} +
tar --sort=name --owner=0 --group=0 -cf t.tar s; md5sum t.tar; tar -tvf t.tar; mkdir x; tar -xf t.tar -C x; diff -r s x/s && echo same; tar -czf t.tgz s; tar -tzf t.tgz | sort; tar -cJf t.txz s; tar -tJf t.txz | wc -l; tar -xOf t.tar s/d1/d2/f; tar -df t.tar; echo $?; tar --delete -f t.tar s/a; tar -tf t.tar | head -2; head -c 700 t.tar | tar -t 2>&1 | tail -1
echo "--- find"
find s | sort; find s -type f -size +1k; find s -name '*.c' -o -type l; find s -perm 750; find s -newer t.tar | wc -l; find s -type f -exec wc -c {} + | tail -1; find s -printf '%y %m %s %p\n' | grep -v '^d' | sort; find s -depth -empty; find s -maxdepth 1 -type d -printf '%f\n'; find s -type f -print0 | xargs -0 -n1 basename | sort; find s -links 2 -type f | sort; find s -regex '.*/d[0-9]' -delete 2>&1 | head -1
echo "--- diff and patch"
seq 30 >a; sed '5d;10s/$/x/;20a\new' a >b; diff a b; diff -u a b | tail -n +3; diff -y -W 20 a b | head -6; diff -q a b; diff -c a b | tail -n +3 | head -8; diff3 a b a | head -4; sdiff -s -w 20 a b; cmp a b; cmp -l a b | wc -l
echo "--- file"
file -b s/a t.tgz b "$0" /dev/null | cut -c1-40
