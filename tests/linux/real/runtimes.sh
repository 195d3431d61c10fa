# needs: node java javac
# widths: 64
# seconds: 600
# Programs that make machine code while they run, on several threads.
echo "--- node"
node -e 'function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) } console.log(fib(27), [3, 1, 2].sort(), JSON.stringify({ a: [1.5, "x"] }), "abc".replace(/b/, "-"), 2n ** 100n)'
node -e 'require("crypto").pbkdf2("a", "b", 1000, 32, "sha256", (e, k) => console.log(k.toString("hex")))'
node -e 'console.log(require("child_process").execFileSync("/bin/echo", ["child"]).toString())'
echo "--- workers"
cat >w.js <<'END'
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
if (isMainThread) {
	let done = 0, sum = 0;
	const ints = new Int32Array(new SharedArrayBuffer(8));
	for (let i = 0; i < 4; i++) {
		const w = new Worker(__filename, { workerData: { i, ints } });
		w.on('message', m => sum += m);
		w.on('exit', () => { if (++done == 4) console.log(sum, ints[0]); });
	}
} else {
	let s = 0;
	for (let k = 0; k < 500000; k++) {
		s = (s * 31 + k + workerData.i) | 0;
		if (k % 10 == 0) Atomics.add(workerData.ints, 0, 1);
	}
	parentPort.postMessage(s);
}
END
node w.js
echo "--- javac"
cat >G.java <<'END'
import java.util.*; import java.util.concurrent.*; import java.util.concurrent.atomic.*; import java.util.stream.*;
public class G {
	static volatile Object sink;
	static int deep(int n) { return 1 + deep(n + 1); }
	public static void main(String[] a) throws Exception {
		AtomicLong n = new AtomicLong();
		Thread[] ts = new Thread[4];
		for (int i = 0; i < 4; i++) {
			final int k = i;
			ts[i] = new Thread(() -> {
				Map<Integer, String> m = new HashMap<>();
				for (int j = 0; j < 30000; j++) {
					m.put(j % 5000, "v" + j + k);
					if (j % 100 == 0) sink = new byte[100000];
					synchronized (G.class) { n.incrementAndGet(); }
				}
			});
			ts[i].start();
		}
		for (Thread t : ts) t.join();
		System.out.println(n.get() + " " + IntStream.range(0, 500000).parallel().filter(x -> x % 7 == 3).mapToLong(x -> x).sum());
		Thread t = new Thread(() -> { try { Thread.sleep(100000); } catch (InterruptedException e) { System.out.println("interrupted"); } });
		t.start(); t.interrupt(); t.join();
		try { deep(0); } catch (StackOverflowError e) { System.out.println("overflow"); }
		int nulls = 0;
		for (int i = 0; i < 1000; i++) try { Object o = i % 2 == 0 ? null : "x"; o.toString(); } catch (NullPointerException e) { nulls++; }
		System.out.println(nulls + " " + new ProcessBuilder("true").start().waitFor());
	}
}
END
javac G.java; echo $?
for gc in G1 Parallel Z; do echo "--- java $gc"; java -Xmx128m -XX:+Use${gc}GC G; done
