# needs: python3
# seconds: 3000
# A line a test of Python's own suite; its name and result count.
for t in json re struct math decimal zlib io os subprocess float int long cmath bytes unicode str string set dict list tuple range generators itertools functools collections heapq bisect statistics fractions datetime time calendar hashlib hmac binascii base64 pickle copy csv configparser difflib textwrap fnmatch glob shutil tempfile pathlib tarfile zipfile gzip bz2 lzma mmap select selectors socket signal fork1 wait3 wait4 pty fcntl posix resource grp pwd codecs ctypes ast compile exceptions gc weakref sys traceback contextlib enum dataclasses typing argparse getopt sched uuid array bool complex; do
	echo "--- test_$t"
	timeout 200 /usr/bin/python3 -m test -v test_$t 2>&1 </dev/null | grep -aE ' \.\.\. (ok|skipped|FAIL|ERROR)|^Ran|^test .*(ok|ERROR|FAIL)$|^Tests result' | sed 's/ in [0-9.]*s$//; s/0x[0-9a-f]*//g' | sort
done
