program nbody;
{ Five bodies under gravity, by the symplectic Euler rule. }
const
  steps = 3000000;
  n = 5;
type
  body = record
    x, y, z, vx, vy, vz, mass: real
  end;
var
  b: array [1..n] of body;
  i: integer;

procedure put(i: integer; x, y, z, vx, vy, vz, mass: real);
const
  year = 365.24;
  sun = 39.47841760435743;
begin
  b[i].x := x;
  b[i].y := y;
  b[i].z := z;
  b[i].vx := vx * year;
  b[i].vy := vy * year;
  b[i].vz := vz * year;
  b[i].mass := mass * sun
end;

procedure start;
var
  i: integer;
  px, py, pz: real;
begin
  put(1, 0, 0, 0, 0, 0, 0, 1);
  put(2, 4.84143144246472090, -1.16032004402742839, -0.103622044471123109,
    0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023, 0.000954791938424326609);
  put(3, 8.34336671824457987, 4.12479856412430479, -0.403523417114321381,
    -0.00276742510726411, 0.00499852801234917238, 0.0000230417297573763929, 0.000285885980666130812);
  put(4, 12.8943695621391310, -15.1111514016986312, -0.223307578892655734,
    0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556, 0.0000436624404335156298);
  put(5, 15.3796971148509165, -25.9193146099879641, 0.179258772950371181,
    0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870, 0.0000515138902046611451);
  px := 0;
  py := 0;
  pz := 0;
  for i := 1 to n do
    with b[i] do begin
      px := px + vx * mass;
      py := py + vy * mass;
      pz := pz + vz * mass
    end;
  b[1].vx := -px / b[1].mass;
  b[1].vy := -py / b[1].mass;
  b[1].vz := -pz / b[1].mass
end;

procedure advance(dt: real);
var
  i, j: integer;
  dx, dy, dz, dd, mag: real;
begin
  for i := 1 to n - 1 do
    for j := i + 1 to n do begin
      dx := b[i].x - b[j].x;
      dy := b[i].y - b[j].y;
      dz := b[i].z - b[j].z;
      dd := dx * dx + dy * dy + dz * dz;
      mag := dt / (dd * sqrt(dd));
      b[i].vx := b[i].vx - dx * b[j].mass * mag;
      b[i].vy := b[i].vy - dy * b[j].mass * mag;
      b[i].vz := b[i].vz - dz * b[j].mass * mag;
      b[j].vx := b[j].vx + dx * b[i].mass * mag;
      b[j].vy := b[j].vy + dy * b[i].mass * mag;
      b[j].vz := b[j].vz + dz * b[i].mass * mag
    end;
  for i := 1 to n do
    with b[i] do begin
      x := x + dt * vx;
      y := y + dt * vy;
      z := z + dt * vz
    end
end;

function energy: real;
var
  i, j: integer;
  e: real;
begin
  e := 0;
  for i := 1 to n do begin
    e := e + 0.5 * b[i].mass * (sqr(b[i].vx) + sqr(b[i].vy) + sqr(b[i].vz));
    for j := i + 1 to n do
      e := e - b[i].mass * b[j].mass / sqrt(sqr(b[i].x - b[j].x) + sqr(b[i].y - b[j].y) + sqr(b[i].z - b[j].z))
  end;
  energy := e
end;

begin
  start;
  writeln(energy:0:9);
  for i := 1 to steps do
    advance(0.01);
  writeln(energy:0:9)
end.
