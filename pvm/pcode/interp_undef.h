/* Forgets the row macros of interp.def. */
#undef BINC
#undef BINN
#undef CMPI
#undef CMPF
#undef INC
#undef FOR
#undef OLD
#undef UN
#undef LD
#undef ST
#undef LD2
#undef ST2
#undef OP
