#include <math.h>
#include <stdio.h>

enum { STEPS = 3000000, N = 5 };

static struct body { double x, y, z, vx, vy, vz, mass; } b[N];

static void put(int i, double x, double y, double z, double vx, double vy, double vz, double mass)
{
	const double year = 365.24, sun = 39.47841760435743;
	b[i] = (struct body){ x, y, z, vx * year, vy * year, vz * year, mass * sun };
}

static void start(void)
{
	double px = 0, py = 0, pz = 0;
	put(0, 0, 0, 0, 0, 0, 0, 1);
	put(1, 4.84143144246472090, -1.16032004402742839, -0.103622044471123109,
		0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023, 0.000954791938424326609);
	put(2, 8.34336671824457987, 4.12479856412430479, -0.403523417114321381,
		-0.00276742510726411, 0.00499852801234917238, 0.0000230417297573763929, 0.000285885980666130812);
	put(3, 12.8943695621391310, -15.1111514016986312, -0.223307578892655734,
		0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556, 0.0000436624404335156298);
	put(4, 15.3796971148509165, -25.9193146099879641, 0.179258772950371181,
		0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870, 0.0000515138902046611451);
	for (int i = 0; i < N; i++) {
		px += b[i].vx * b[i].mass;
		py += b[i].vy * b[i].mass;
		pz += b[i].vz * b[i].mass;
	}
	b[0].vx = -px / b[0].mass;
	b[0].vy = -py / b[0].mass;
	b[0].vz = -pz / b[0].mass;
}

static void advance(double dt)
{
	for (int i = 0; i < N - 1; i++)
		for (int j = i + 1; j < N; j++) {
			double dx = b[i].x - b[j].x, dy = b[i].y - b[j].y, dz = b[i].z - b[j].z;
			double dd = dx * dx + dy * dy + dz * dz, mag = dt / (dd * sqrt(dd));
			b[i].vx = b[i].vx - dx * b[j].mass * mag;
			b[i].vy = b[i].vy - dy * b[j].mass * mag;
			b[i].vz = b[i].vz - dz * b[j].mass * mag;
			b[j].vx = b[j].vx + dx * b[i].mass * mag;
			b[j].vy = b[j].vy + dy * b[i].mass * mag;
			b[j].vz = b[j].vz + dz * b[i].mass * mag;
		}
	for (int i = 0; i < N; i++) {
		b[i].x += dt * b[i].vx;
		b[i].y += dt * b[i].vy;
		b[i].z += dt * b[i].vz;
	}
}

static double sqr(double x) { return x * x; }

static double energy(void)
{
	double e = 0;
	for (int i = 0; i < N; i++) {
		e += 0.5 * b[i].mass * (sqr(b[i].vx) + sqr(b[i].vy) + sqr(b[i].vz));
		for (int j = i + 1; j < N; j++)
			e -= b[i].mass * b[j].mass / sqrt(sqr(b[i].x - b[j].x) + sqr(b[i].y - b[j].y) + sqr(b[i].z - b[j].z));
	}
	return e;
}

int main(void)
{
	start();
	printf("%.9f\n", energy());
	for (int i = 0; i < STEPS; i++)
		advance(0.01);
	printf("%.9f\n", energy());
}
