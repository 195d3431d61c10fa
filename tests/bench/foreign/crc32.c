/* CRC-32 by table. */
#include "bench.h"

static uint32_t table[256];
static unsigned char buf[4096];

static long work(long n)
{
	uint32_t c = ~0u;

	for (unsigned i = 0; i < 256; i++) {
		uint32_t v = i;
		for (int k = 0; k < 8; k++)
			v = v & 1 ? 0xedb88320u ^ v >> 1 : v >> 1;
		table[i] = v;
	}
	for (unsigned i = 0; i < sizeof buf; i++)
		buf[i] = (unsigned char)(i * i);
	for (long r = 0; r < n * 20; r++)
		for (unsigned i = 0; i < sizeof buf; i++)
			c = table[(c ^ buf[i]) & 255] ^ c >> 8;
	return (long)(c & 0x7fffffff);
}
