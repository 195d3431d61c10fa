# needs: ruby
# widths: 64
cat >t.rb <<'END'
puts "--- ruby"
puts (1..20).reduce(:*), 2**200, 10.divmod(-3).inspect, 3.7 % 1, 1e20.to_i, Rational(3, 4) + 1, Complex(1, 2) ** 2
puts %w[pear fig apple].sort_by(&:size).map(&:capitalize).join(","), "hello"[1..3], "a-b_c".tr("-_", "  "), "x=1;y=2".scan(/(\w)=(\d)/).to_h.inspect
h = Hash.new { |k, v| k[v] = v < 2 ? v : k[v - 1] + k[v - 2] }; puts h[90]
Point = Struct.new(:x, :y) do def +(o) = Point.new(x + o.x, y + o.y) end; p Point.new(1, 2) + Point.new(3, 4)
def m; yield 1, 2; rescue ZeroDivisionError => e; puts e.message; ensure puts "ensured"; end; m { |a, b| puts a / (b - 2) }
e = Enumerator.new { |y| a, b = 0, 1; loop { y << a; a, b = b, a + b } }; p e.lazy.select(&:even?).first(8)
case [1, [2, { k: 3 }]] in [a, [b, { k: }]] then puts a + b + k end
puts [3, 1, 2].each_slice(2).to_a.inspect, (1..3).each_cons(2).to_a.inspect, [1, [2, [3]]].flatten.inspect, "%05.2f|%-5s|%+d" % [3.14159, "ab", 5], :sym.to_proc.call("x") rescue puts "rescued #{$!.class}"
require "json"; require "digest"; require "set"; puts JSON.generate({ a: [1, nil, "ü"] }), Digest::SHA256.hexdigest("abc"), Set[1, 2, 2].size, Time.at(0).utc.strftime("%F %T"); puts `echo child`; puts [1, 2, 3].sum { _1 * 2 }, "ruby".unpack("C*").inspect; GC.start; puts ObjectSpace.count_objects[:TOTAL] > 0
f = Fiber.new { Fiber.yield 1; 2 }; puts f.resume + f.resume; r, w = IO.pipe; pid = fork { w.puts "from child"; exit! 4 }; w.close; puts r.read; Process.wait pid; puts $?.exitstatus
t = Thread.new { Thread.current[:x] = 5; 6 * 7 }; puts t.value; q = Queue.new; 3.times { |i| Thread.new { q << i } }; puts 3.times.map { q.pop }.sort.inspect
END
ruby t.rb 2>&1
