import CHDF5

/// A number that a dataset can hold.
package protocol HDF5Element: Sendable, BitwiseCopyable {
    /// The type in the file, little-endian.
    static var diskType: Int64 { get }
    static var memoryType: Int64 { get }
    /// What memory is filled with before it is read into.
    static var zero: Self { get }
}

extension Float: HDF5Element {
    package static var diskType: Int64 { ds_h5_ieee_f32le() }
    package static var memoryType: Int64 { ds_h5_native_float() }
}

extension Double: HDF5Element {
    package static var diskType: Int64 { ds_h5_ieee_f64le() }
    package static var memoryType: Int64 { ds_h5_native_double() }
}

extension Int32: HDF5Element {
    package static var diskType: Int64 { ds_h5_std_i32le() }
    package static var memoryType: Int64 { ds_h5_native_int32() }
}

extension Int64: HDF5Element {
    package static var diskType: Int64 { ds_h5_std_i64le() }
    package static var memoryType: Int64 { ds_h5_native_int64() }
}

extension UInt8: HDF5Element {
    package static var diskType: Int64 { ds_h5_std_u8le() }
    package static var memoryType: Int64 { ds_h5_native_uint8() }
}

/// Types that are built rather than named.
enum HDF5Types {
    /// Text of variable length in UTF-8.
    static func string(_ path: String) throws -> HDF5Handle {
        let type = try HDF5Handle(.type, "make a string type for", path) { H5Tcopy(ds_h5_c_string()) }
        try HDF5Library.call("make a string type for", path) { H5Tset_size(type.id, ds_h5_variable()) }
        try HDF5Library.call("make a string type for", path) { H5Tset_cset(type.id, H5T_CSET_UTF8) }
        return type
    }

    /// Yes or no as h5py writes it: an enumeration FALSE = 0, TRUE = 1 over one byte.
    static func bool(_ path: String) throws -> HDF5Handle {
        let type = try HDF5Handle(.type, "make a boolean type for", path) { H5Tenum_create(ds_h5_std_i8le()) }
        for (name, number) in [("FALSE", Int8(0)), ("TRUE", Int8(1))] {
            var value = number
            try HDF5Library.call("make a boolean type for", path) { H5Tenum_insert(type.id, name, &value) }
        }
        return type
    }
}
