# needs: lua5.4
# short: jit eval
# modes: jit eval
cat >t.lua <<'END'
print("--- numbers")
print(1 // 0.0, -7 // 2, -7 % 3, 7 / 2, 2 ^ 53, math.maxinteger + 1 == math.mininteger, 0x7fffffffffffffff, 1e15, 1e16, 0.1, 3 | 4, ~0, "10" + 5, math.type(1), math.type(1.0))
print(string.format("%5.2f %d %x %q %s %10s|%-10s| %g %a", 3.14159, 42, 255, "a\nb", nil, "r", "l", 1e100, 1.0))
for _, f in ipairs { "sin", "cos", "tan", "exp", "log", "sqrt", "atan", "floor", "ceil" } do io.write(f, "=", string.format("%.14g", math[f](1.25)), " ") end print()
print("--- strings")
print(("hello world"):gsub("o", "0"), ("key=val"):match("(%w+)=(%w+)"), ("%d"):rep(3, ","), ("abc"):byte(1, -1), #"\u{48}\u{20AC}", utf8.len("häß"), ("x"):rep(3), ("abc"):reverse():upper(), ("  trim "):match "^%s*(.-)%s*$" .. "|")
for w in ("one two three"):gmatch "%a+" do io.write(w:sub(1, 2), ".") end print(string.pack("<i4z", 7, "hi"):byte(1, -1))
print("--- tables")
local t = {} for i = 1, 200 do t[i] = (i * 7919) % 1009 end table.sort(t) print(t[1], t[100], t[200], #t, table.concat(t, " ", 1, 8), select("#", table.unpack(t)))
table.sort(t, function(a, b) return a > b end) print(t[1], next({}), rawlen(t), table.remove(t), table.remove(t, 1))
print("--- closures, coroutines, metatables")
local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i * i) end end) end
local s = 0 for v in gen(100) do s = s + v end print(s)
local V = {} V.__index = V V.__add = function(a, b) return setmetatable({ x = a.x + b.x }, V) end V.__tostring = function(a) return "V" .. a.x end V.__call = function(self, y) return self.x * y end V.__lt = function(a, b) return a.x < b.x end
local a, b = setmetatable({ x = 3 }, V), setmetatable({ x = 4 }, V) print(tostring(a + b), a(5), a < b)
print(pcall(error, { code = 1 }), select(2, pcall(error, "msg", 0)), select(2, pcall(function() local x = nil; return x.y end)))
print(select(2, xpcall(function() error("deep") end, function(m) return "handled: " .. m end)))
goto done do print "skipped" end ::done::
print("--- programs")
local function queens(n) local c, col, d1, d2 = 0, {}, {}, {} local function place(r) if r > n then c = c + 1 return end for i = 1, n do if not (col[i] or d1[r + i] or d2[r - i + n]) then col[i], d1[r + i], d2[r - i + n] = true, true, true place(r + 1) col[i], d1[r + i], d2[r - i + n] = nil, nil, nil end end end place(1) return c end
print(queens(6))
local function fib(n) return n < 2 and n or fib(n - 1) + fib(n - 2) end print(fib(20))
local m = {} for i = 1, 12 do m[i] = {} for j = 1, 12 do m[i][j] = 1 / (i + j - 1) end end
local det = 1 for i = 1, 12 do det = det * m[i][i] for j = i + 1, 12 do local f = m[j][i] / m[i][i] for k = i, 12 do m[j][k] = m[j][k] - f * m[i][k] end end end print(string.format("%.10e", det))
math.randomseed(42) local r = {} for i = 1, 5 do r[i] = math.random(1000) end print(table.concat(r, " "))
collectgarbage() for i = 1, 20000 do local x = { i, { i } } end print(collectgarbage("count") < 5000)
print("--- input and output")
local f = io.open("o.txt", "w") for i = 1, 100 do f:write(i, " ", i / 8, "\n") end f:close() local n = 0 for l in io.lines("o.txt") do n = n + #l end print(n) f = io.open("o.txt") f:seek("set", 10) print(f:read("n", "l", 5)) f:close() os.remove("o.txt") print(io.open("o.txt"))
print(os.time { year = 2000, month = 1, day = 1, hour = 12 }, os.date("!%F %T", 0), os.getenv("HOME"), os.execute("exit 3")) local p = io.popen("echo piped") print(p:read("a")) print(load("return 1 + 1")(), #string.dump(queens) > 100)
END
lua5.4 t.lua; luac5.4 -o t.luac t.lua && lua5.4 t.luac | md5sum; lua5.4 -e 'error("uncaught")' 2>&1; echo $?
