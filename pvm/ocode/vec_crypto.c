/* Rows of vops.def for AES (FIPS 197), SHA-1 and SHA-256 (FIPS 180-4), and products without carries.
 *
 * No tables: what is looked up in memory by secret data shows in the cache. */
#include "vec.h"

/* ---- AES ----------------------------------------------------------------------------------------------- */

/* Multiplication in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
static u8 gf_mul(u8 a, u8 b)
{
	u32 r = 0, x = a;

	for (u32 k = 0; k < 8; k++) {
		r ^= x & (0u - (b >> k & 1));
		x = x << 1 ^ (0x11b & (0u - (x >> 7)));
	}
	return (u8)r;
}

/* a^254, the inverse; 0 stays 0. */
static u8 gf_inverse(u8 a)
{
	u8 a2 = gf_mul(a, a), a3 = gf_mul(a2, a), a12 = gf_mul(a3, a3);

	a12 = gf_mul(a12, a12);
	u8 a15 = gf_mul(a12, a3), r = a15;
	for (u32 k = 0; k < 4; k++)
		r = gf_mul(r, r); /* a^240 */
	return gf_mul(gf_mul(r, a12), a2);
}

static u8 rotl8(u8 a, u32 n) { return (u8)(a << n | a >> (8 - n)); }

static u8 sub_byte(u8 a)
{
	u8 i = gf_inverse(a);

	return (u8)(i ^ rotl8(i, 1) ^ rotl8(i, 2) ^ rotl8(i, 3) ^ rotl8(i, 4) ^ 0x63);
}

static u8 inv_sub_byte(u8 a)
{
	return gf_inverse((u8)(rotl8(a, 1) ^ rotl8(a, 3) ^ rotl8(a, 6) ^ 5));
}

/* Byte r + 4c of the state is row r, column c. */
static OVec sub_shift_rows(const OVec *a)
{
	OVec d = {{0, 0}};

	for (u32 k = 0; k < 16; k++)
		set_lane(&d, 8, k, sub_byte((u8)lane(a, 8, (k + 4 * (k & 3)) & 15)));
	return d;
}

static OVec inv_sub_shift_rows(const OVec *a)
{
	OVec d = {{0, 0}};

	for (u32 k = 0; k < 16; k++)
		set_lane(&d, 8, k, inv_sub_byte((u8)lane(a, 8, (k - 4 * (k & 3)) & 15)));
	return d;
}

/* Each column times the circulant matrix that begins with m. */
static OVec mix_columns(const OVec *a, const u8 m[4])
{
	OVec d = {{0, 0}};

	for (u32 k = 0; k < 16; k++) {
		u8 sum = 0;
		for (u32 r = 0; r < 4; r++)
			sum ^= gf_mul((u8)lane(a, 8, (k & 12) + r), m[(r - k) & 3]);
		set_lane(&d, 8, k, sum);
	}
	return d;
}

static const u8 mix[4] = {2, 3, 1, 1}, inv_mix[4] = {14, 11, 13, 9};

static OVec add_key(OVec a, OVec b) { return (OVec){{a.q[0] ^ b.q[0], a.q[1] ^ b.q[1]}}; }

void vec_AESENC(VIn *v)
{
	OVec s = sub_shift_rows(&v->a);

	v->d = add_key(mix_columns(&s, mix), v->b);
}

void vec_AESDEC(VIn *v)
{
	OVec s = inv_sub_shift_rows(&v->a);

	v->d = add_key(mix_columns(&s, inv_mix), v->b);
}

void vec_AESENCLAST(VIn *v) { v->d = add_key(sub_shift_rows(&v->a), v->b); }
void vec_AESDECLAST(VIn *v) { v->d = add_key(inv_sub_shift_rows(&v->a), v->b); }
void vec_AESIMC(VIn *v) { v->d = mix_columns(&v->a, inv_mix); }

static u32 sub_word(u64 w)
{
	u32 r = 0;

	for (u32 k = 0; k < 32; k += 8)
		r |= (u32)sub_byte((u8)(w >> k)) << k;
	return r;
}

static u32 rotr32(u32 a, u32 n) { return a >> n | a << (32 - n); }
static u32 rotl32(u32 a, u32 n) { return a << n | a >> (32 - n); }

void vec_AESKEYGENASSIST(VIn *v)
{
	u32 x1 = sub_word(lane(&v->a, 32, 1)), x3 = sub_word(lane(&v->a, 32, 3));

	v->d = (OVec){{x1 | (u64)(rotr32(x1, 8) ^ v->n) << 32, x3 | (u64)(rotr32(x3, 8) ^ v->n) << 32}};
}

void vec_PCLMULQDQ(VIn *v)
{
	u64 a = v->a.q[v->n & 1], b = v->b.q[v->n >> 4 & 1];
	OVec d = {{0, 0}};

	for (u32 k = 0; k < 64; k++)
		if (b >> k & 1) {
			d.q[0] ^= a << k;
			d.q[1] ^= k ? a >> (64 - k) : 0;
		}
	v->d = d;
}

/* ---- SHA-1: lane 3 is the first word ---------------------------------------------------------------------- */

static u32 word(const OVec *v, u32 k) { return (u32)lane(v, 32, k); }

static u32 sha1_f(u32 n, u32 b, u32 c, u32 d)
{
	switch (n) {
	case 0: return (b & c) ^ (~b & d);
	case 2: return (b & c) ^ (b & d) ^ (c & d);
	default: return b ^ c ^ d;
	}
}

void vec_SHA1RNDS4(VIn *v)
{
	static const u32 constant[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
	u32 a = word(&v->a, 3), b = word(&v->a, 2), c = word(&v->a, 1), d = word(&v->a, 0), e = 0, n = v->n & 3;

	/* The first word has E added already. */
	for (u32 k = 0; k < 4; k++) {
		u32 next = sha1_f(n, b, c, d) + rotl32(a, 5) + word(&v->b, 3 - k) + e + constant[n];
		e = d;
		d = c;
		c = rotl32(b, 30);
		b = a;
		a = next;
	}
	v->d = (OVec){{d | (u64)c << 32, b | (u64)a << 32}};
}

void vec_SHA1NEXTE(VIn *v)
{
	v->d = v->b;
	set_lane(&v->d, 32, 3, word(&v->b, 3) + rotl32(word(&v->a, 3), 30));
}

void vec_SHA1MSG1(VIn *v)
{
	u32 w0 = word(&v->a, 3), w1 = word(&v->a, 2), w2 = word(&v->a, 1), w3 = word(&v->a, 0);
	u32 w4 = word(&v->b, 3), w5 = word(&v->b, 2);

	v->d = (OVec){{(w5 ^ w3) | (u64)(w4 ^ w2) << 32, (w3 ^ w1) | (u64)(w2 ^ w0) << 32}};
}

void vec_SHA1MSG2(VIn *v)
{
	u32 w16 = rotl32(word(&v->a, 3) ^ word(&v->b, 2), 1), w17 = rotl32(word(&v->a, 2) ^ word(&v->b, 1), 1);
	u32 w18 = rotl32(word(&v->a, 1) ^ word(&v->b, 0), 1), w19 = rotl32(word(&v->a, 0) ^ w16, 1);

	v->d = (OVec){{w19 | (u64)w18 << 32, w17 | (u64)w16 << 32}};
}

/* ---- SHA-256 ------------------------------------------------------------------------------------------- */

void vec_SHA256RNDS2(VIn *v)
{
	u32 a = word(&v->b, 3), b = word(&v->b, 2), e = word(&v->b, 1), f = word(&v->b, 0);
	u32 c = word(&v->a, 3), d = word(&v->a, 2), g = word(&v->a, 1), h = word(&v->a, 0);

	for (u32 k = 0; k < 2; k++) {
		u32 t1 = h + (rotr32(e, 6) ^ rotr32(e, 11) ^ rotr32(e, 25)) + ((e & f) ^ (~e & g)) + word(&v->c, k);
		u32 t2 = (rotr32(a, 2) ^ rotr32(a, 13) ^ rotr32(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
		h = g;
		g = f;
		f = e;
		e = d + t1;
		d = c;
		c = b;
		b = a;
		a = t1 + t2;
	}
	v->d = (OVec){{f | (u64)e << 32, b | (u64)a << 32}};
}

static u32 sigma0(u32 x) { return rotr32(x, 7) ^ rotr32(x, 18) ^ x >> 3; }
static u32 sigma1(u32 x) { return rotr32(x, 17) ^ rotr32(x, 19) ^ x >> 10; }

void vec_SHA256MSG1(VIn *v)
{
	for (u32 k = 0; k < 4; k++)
		set_lane(&v->d, 32, k, word(&v->a, k) + sigma0(k < 3 ? word(&v->a, k + 1) : word(&v->b, 0)));
}

void vec_SHA256MSG2(VIn *v)
{
	u32 w0 = word(&v->a, 0) + sigma1(word(&v->b, 2)), w1 = word(&v->a, 1) + sigma1(word(&v->b, 3));
	u32 w2 = word(&v->a, 2) + sigma1(w0), w3 = word(&v->a, 3) + sigma1(w1);

	v->d = (OVec){{w0 | (u64)w1 << 32, w2 | (u64)w3 << 32}};
}
