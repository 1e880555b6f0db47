// The HDF5 C API for Swift. Macros that call H5open() or cast do not import; each has a getter here.
#ifndef DRIFTSCOPE_CHDF5_H
#define DRIFTSCOPE_CHDF5_H

#include <hdf5.h>

static inline hid_t ds_h5_ieee_f32le(void) { return H5T_IEEE_F32LE; }

#endif
