# needs: python3
# seconds: 3000
# long: yes
# Python's own tests of threads, processes, sockets, signals, files and time, whole: a line a test with its result.
# test_socket's AF_VSOCK tests hang on virtual machines without a peer, natively, too.
python=/usr/bin/python3
cat >results.py <<'END'
import sys, xml.etree.ElementTree as E
for case in E.parse(sys.argv[1]).iter("testcase"):
    why = [c.tag for c in case] or ["ok"]
    print(case.get("name"), case.get("status"), "skipped" if case.get("result") == "skipped" else why[0])
END
for t in ${TESTS:-threading subprocess socket signal decimal sqlite3 asyncio posix os io mmap select fcntl time multiprocessing_fork multiprocessing_spawn multiprocessing_forkserver}; do
	echo "--- test_$t"
	p=$python
	# Debian leaves this one out; another Python of this machine may have it.
	[ $t = sqlite3 ] && ! [ -d /usr/lib/python3.*/test/test_sqlite3 ] && p=$(ls /root/.pyenv/versions/3.*/bin/python3 /usr/local/bin/python3 2>/dev/null | head -1)
	[ -n "$p" ] || { echo "no test_$t"; continue; }
	rm -f r.xml
	timeout 900 "$p" -m test --junit-xml r.xml -i '*VSOCK*' test_$t >log 2>&1 </dev/null; echo "status $?"
	[ -s r.xml ] && $python results.py r.xml | sort
done
