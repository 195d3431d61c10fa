# npm: 64 esbuild @esbuild/linux-x64@0.21.5 package/bin/esbuild
# npm: 32 esbuild @esbuild/linux-ia32@0.21.5 package/bin/esbuild
# npm: 64 biome @biomejs/cli-linux-x64@1.9.4 package/biome
# seconds: 400
# Tools of the web in Go and Rust, both of many threads.
mkdir -p src/lib; export BIOME_LOG_DIR=$PWD/logs NO_COLOR=1
for i in 1 2 3 4 5 6 7 8; do cat >src/lib/m$i.ts <<END
export interface Part$i { name: string; value: number }
export const enum Kind$i { A = $i, B, C }
export class Box$i<T extends Part$i> { constructor(private readonly t: T) {} get twice(): number { return this.t.value * 2 ** Kind$i.B } }
export async function* walk$i(n: number) { for (let i = 0; i < n; i++) yield { name: \`m\${i}\`, value: i ?? 0 } as Part$i }
export function unused$i() { return "nobody calls this $i" }
END
done
for i in 1 2 3 4 5 6 7 8; do echo "import { Box$i, walk$i } from './lib/m$i'"; done >src/main.ts
cat >>src/main.ts <<'END'
import data from './data.json'
import './style.css'
const all = [new Box1({ name: 'a', value: 1 }), new Box2(data.part), new Box3(data.part), new Box8({ name: 'h', value: 8 })]
export const sum = all.reduce((s, b) => s + b.twice, 0)
export async function main() { let s = sum; for await (const p of walk4(5)) s += p.value; for await (const p of walk5(3)) s -= p.value; return s }
main().then(s => console.log(`result ${s}`))
END
echo '{"part": {"name": "json", "value": 21}, "list": [1, 2.5, null, true]}' >src/data.json
echo '.a { color: #ff0000; & .b { margin: 0px 0px } } @media (min-width: 10px) { .c::after { content: "\201C" } }' >src/style.css
if command -v esbuild >/dev/null; then
	echo "--- esbuild bundles"; esbuild --version; esbuild src/main.ts --bundle --outfile=out/a.js --format=esm --sourcemap --log-level=warning; md5sum out/a.js out/a.css out/a.js.map
	echo "--- minified"; esbuild src/main.ts --bundle --minify --outdir=out/min --target=es2017 --log-level=warning; cat out/min/main.css; md5sum out/min/main.js
	command -v node >/dev/null && { esbuild src/main.ts --bundle --platform=node --outfile=out/n.js --log-level=warning; node out/n.js; }
	echo "--- transforms"; for l in ts tsx jsx css json; do printf 'const x = { a: 1 }' | esbuild --loader=$l 2>&1 | head -12; done; esbuild src/lib/*.ts --outdir=out/lib --log-level=warning; cat out/lib/* | md5sum; esbuild src/main.ts --bundle --metafile=out/meta.json --outfile=out/b.js --analyze 2>&1 | sed 's/in [0-9.]*ms//' | head -30
	echo "--- errors"; echo 'let a = ; import x from "./none"' >bad.ts; esbuild bad.ts --bundle 2>&1; echo $?
fi
if command -v biome >/dev/null; then
	echo "--- biome formats"; biome --version; cp -r src fmt; biome format --write fmt 2>&1 | sed 's/in [0-9.]*[µm]*s/in TIME/'; cat fmt/main.ts fmt/data.json fmt/lib/m1.ts
	echo "--- lint"; printf 'var a = 1; if (a == 2) { debugger }\nfunction f(x) { x = 1; return; }\n' >lint.js; biome lint lint.js 2>&1 | sed 's/in [0-9.]*[µm]*s/in TIME/'; echo $?; biome check --max-diagnostics=200 src 2>&1 | sed 's/in [0-9.]*[µm]*s/in TIME/' | sort | md5sum
	echo "--- stdin"; printf 'const  x={a:1,b:[1,2]}' | biome format --stdin-file-path=x.js; biome explain noDebugger >e 2>&1; head -5 e
fi
