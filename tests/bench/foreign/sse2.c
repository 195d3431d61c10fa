/* Integers in vectors, by intrinsics. */
#include <emmintrin.h>
#include "bench.h"

static unsigned char a[4096] __attribute__((aligned(16))), b[4096] __attribute__((aligned(16)));

static long work(long n)
{
	__m128i acc = _mm_setzero_si128(), k = _mm_set1_epi16(77);

	for (unsigned i = 0; i < sizeof a; i++) {
		a[i] = (unsigned char)(i * 3);
		b[i] = (unsigned char)(i * 5 + 1);
	}
	for (long r = 0; r < n * 600; r++)
		for (unsigned i = 0; i < sizeof a; i += 16) {
			__m128i x = _mm_load_si128((const __m128i *)(a + i)), y = _mm_load_si128((const __m128i *)(b + i));
			__m128i s = _mm_sad_epu8(x, y), m = _mm_mullo_epi16(_mm_unpacklo_epi8(x, y), k);
			__m128i mask = _mm_cmpgt_epi8(x, y);
			acc = _mm_add_epi32(acc, _mm_xor_si128(_mm_shuffle_epi32(m, 0x4e), _mm_and_si128(mask, s)));
			acc = _mm_add_epi32(acc, _mm_srli_epi32(acc, 3));
		}
	return _mm_cvtsi128_si32(acc) & 0x7fffffff;
}
