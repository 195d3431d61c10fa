# needs: python3
# short: jit
# modes: jit eval
echo "--- python3 -c"
/usr/bin/python3 -c '
import json, re, struct, math, hashlib, random, collections, itertools, fractions, datetime, textwrap, zlib, string
print(json.dumps({"a": [1, 2.5, None, True], "b": "\u00e9"}, sort_keys=True), re.sub(r"(\w+)@(\w+)", r"\2 at \1", "me@here"), struct.pack("<iqd", -1, 2**40, 1.5).hex(), math.factorial(30), math.pi)
print(hashlib.sha256(b"abc").hexdigest(), hashlib.md5(b"x" * 10000).hexdigest(), zlib.crc32(b"hello"), zlib.decompress(zlib.compress(b"a" * 1000))[:3])
random.seed(42); print([random.randrange(1000) for _ in range(8)], random.gauss(0, 1), random.sample(range(100), 5))
print(collections.Counter("abracadabra").most_common(2), list(itertools.combinations("abcd", 2))[:3], fractions.Fraction(1, 3) + fractions.Fraction(1, 6), 2**200 % 1000007, divmod(-7, 3), round(2.675, 2), 0.1 + 0.2, float("1e-320"), int("z" * 10, 36), pow(3, 1000, 10**9 + 7))
print(datetime.date(2024, 2, 29) + datetime.timedelta(366), datetime.datetime.utcfromtimestamp(0).isoformat(), f"{1234567.891:,.2f} {255:#x} {3:>5} {1e10:g}", "ünï".upper(), "a,b".partition(","), sorted("hello", reverse=True))
class A:
    def __init__(s, x): s.x = x
    def __add__(s, o): return A(s.x + o.x)
    def __repr__(s): return f"A({s.x})"
def gen(n):
    a, b = 0, 1
    while a < n:
        yield a
        a, b = b, a + b
print(A(1) + A(2), list(gen(100)), {k: v for k, v in zip("abc", range(3))}, [x for x in range(20) if all(x % d for d in range(2, x))])
try: [][1]
except IndexError as e: print(repr(e))
import os, subprocess, sys
print(subprocess.run(["echo", "child"], capture_output=True).stdout, os.path.join("a", "b"), sys.byteorder, len(os.listdir("/")) > 0)
'; echo $?
