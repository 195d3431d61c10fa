/* Forgets the row macros of interp.def. */
#undef BINC
#undef BINN
#undef CMPI
#undef CMPF
#undef INC
#undef UN
#undef LD
#undef ST
#undef OP
