// The HDF5 C API for Swift. Macros that call H5open() or cast do not import; each has a getter here.
// A getter runs the macro, so the library is opened by the first one called.
#ifndef DRIFTSCOPE_CHDF5_H
#define DRIFTSCOPE_CHDF5_H

#include <hdf5.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>

#ifdef __linux__
// glibc's headers show it only to sources that ask for GNU extensions, which a module cannot.
extern int fallocate(int descriptor, int mode, off_t offset, off_t length);
#endif

// Types on disk: little-endian on every machine.
static inline hid_t ds_h5_ieee_f32le(void) { return H5T_IEEE_F32LE; }
static inline hid_t ds_h5_ieee_f64le(void) { return H5T_IEEE_F64LE; }
static inline hid_t ds_h5_std_i32le(void) { return H5T_STD_I32LE; }
static inline hid_t ds_h5_std_i64le(void) { return H5T_STD_I64LE; }
static inline hid_t ds_h5_std_i8le(void) { return H5T_STD_I8LE; }
static inline hid_t ds_h5_std_u8le(void) { return H5T_STD_U8LE; }

// Types in memory: whatever this machine uses.
static inline hid_t ds_h5_native_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t ds_h5_native_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t ds_h5_native_int32(void) { return H5T_NATIVE_INT32; }
static inline hid_t ds_h5_native_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t ds_h5_native_uint8(void) { return H5T_NATIVE_UINT8; }

// Strings: a copy of this with variable length and the UTF-8 character set.
static inline hid_t ds_h5_c_string(void) { return H5T_C_S1; }
static inline size_t ds_h5_variable(void) { return H5T_VARIABLE; }

// Property list classes.
static inline hid_t ds_h5_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t ds_h5_dataset_create(void) { return H5P_DATASET_CREATE; }
static inline hid_t ds_h5_group_create(void) { return H5P_GROUP_CREATE; }
static inline hid_t ds_h5_link_create(void) { return H5P_LINK_CREATE; }

// Defaults and flags.
static inline hid_t ds_h5_default(void) { return H5P_DEFAULT; }
static inline hid_t ds_h5_all(void) { return H5S_ALL; }
static inline unsigned ds_h5_truncate(void) { return H5F_ACC_TRUNC; }
static inline unsigned ds_h5_read_only(void) { return H5F_ACC_RDONLY; }

// Silences the printing of errors on this thread; they are read from the stack instead.
static inline herr_t ds_h5_silence(void) { return H5Eset_auto2(H5E_DEFAULT, NULL, NULL); }

// Gives a file's lock back and closes it. A lock belongs to the open file, not to the process: a child that was started
// in between holds a copy until it has exec'ed, and opening the file again fails for so long where only closing gives
// the lock back.
static inline herr_t ds_h5_close_file(hid_t file) {
    hid_t access = H5Fget_access_plist(file);
    if (access >= 0) {
        int *descriptor = NULL;
        if (H5Pget_driver(access) == H5FD_SEC2 && H5Fflush(file, H5F_SCOPE_LOCAL) >= 0 &&
            H5Fget_vfd_handle(file, access, (void **)&descriptor) >= 0 && descriptor) {
            flock(*descriptor, LOCK_UN);
        }
        H5Pclose(access);
    }
    return H5Fclose(file);
}

// Takes room on the disk for the first bytes of a file, which stays as long as it is; an error number, or 0.
// ENOTSUP where the file system cannot.
static inline int ds_reserve(int descriptor, long long bytes) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < (rlim_t)bytes) return EFBIG;
#ifdef __linux__
    int failure;
    do { failure = fallocate(descriptor, 1 /* keep its size */, 0, bytes) == 0 ? 0 : errno; } while (failure == EINTR);
    return failure == EOPNOTSUPP || failure == ENOSYS ? ENOTSUP : failure;
#else
    fstore_t wanted = {F_ALLOCATEALL, F_PEOFPOSMODE, 0, bytes, 0};
    return fcntl(descriptor, F_PREALLOCATE, &wanted) == 0 ? 0 : errno;
#endif
}

#endif
