/* vec: how the rows of vops.def are computed; the room's own header. */
#ifndef PVM_VEC_H
#define PVM_VEC_H

#include "softfp.h"
#include "ocode.h"

/* What a row's function gets, and leaves: the result in d (i and l results in its low half). */
typedef struct VIn {
	OVec a, b, c;
	u32 n;    /* the immediate */
	u32 csr;  /* floating-point control and sticky flags */
	OVec d;
} VIn;
typedef void VFn(VIn *v);
extern VFn *const vec_rows[VO_COUNT];

/* The same as arrays, which compilers make the host's own vector operations of.  LANE(x, w, k): lane k of w bits, lane 0
 * lowest; where all lanes are treated alike, their order does not matter. */
typedef union VLanes { OVec v; u8 u8[16]; u16 u16[8]; u32 u32[4]; u64 u64[2]; } VLanes;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LANE(x, w, k) (x).u##w[(k) ^ (64 / w - 1)]
#else
#define LANE(x, w, k) (x).u##w[k]
#endif

/* The highest bits of 8 bytes: the product gathers bit 8k at 56 + k. */
static inline u64 byte_signs(u64 q) { return (q >> 7 & 0x0101010101010101) * 0x0102040810204080 >> 56; }

/* Lanes of w bits, lane 0 lowest. */
static inline u64 lane_mask(u32 w) { return ~(u64)0 >> (64 - w); }
static inline u64 lane(const OVec *v, u32 w, u32 k)
{
	return v->q[k * w >> 6] >> (k * w & 63) & lane_mask(w);
}
static inline void set_lane(OVec *v, u32 w, u32 k, u64 x)
{
	u64 *q = &v->q[k * w >> 6], mask = lane_mask(w) << (k * w & 63);

	*q = (*q & ~mask) | (x << (k * w & 63) & mask);
}
static inline i64 lane_signed(const OVec *v, u32 w, u32 k)
{
	return (i64)(lane(v, w, k) << (64 - w)) >> (64 - w);
}

#define V(op, name, sig, flags, meaning) VFn vec_##op;
#include "vops.def"
#undef V

#endif
