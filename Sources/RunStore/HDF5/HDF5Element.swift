import CHDF5
import FileSupport

/// A number that a dataset can hold.
protocol HDF5Element: Sendable, BitwiseCopyable {
    /// The type in the file, little-endian, and that in memory.
    static var types: (disk: Int64, memory: Int64) { get }
    /// What memory is filled with before it is read into.
    static var zero: Self { get }
}

extension Float: HDF5Element {
    static var types: (disk: Int64, memory: Int64) { (ds_h5_ieee_f32le(), ds_h5_native_float()) }
}
extension Double: HDF5Element {
    static var types: (disk: Int64, memory: Int64) { (ds_h5_ieee_f64le(), ds_h5_native_double()) }
}
extension Int32: HDF5Element {
    static var types: (disk: Int64, memory: Int64) { (ds_h5_std_i32le(), ds_h5_native_int32()) }
}
extension Int64: HDF5Element {
    static var types: (disk: Int64, memory: Int64) { (ds_h5_std_i64le(), ds_h5_native_int64()) }
}
extension UInt8: HDF5Element {
    static var types: (disk: Int64, memory: Int64) { (ds_h5_std_u8le(), ds_h5_native_uint8()) }
}

/// Types that are built rather than named, and texts as C has them.
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

    /// Reads texts of a space.
    ///
    /// - Parameter read: takes the texts' type and memory for their addresses.
    static func readStrings(
        _ count: Int, of space: borrowing HDF5Handle, _ place: String,
        _ read: (hid_t, UnsafeMutableRawPointer) -> herr_t
    ) throws -> [String] {
        guard count > 0 else { return [] }
        let type = try string(place)
        let spaceID = space.id
        var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
        return try HDF5Library.locked {
            try HDF5Library.call("read", place) { read(type.id, &pointers) }
            let texts = pointers.map { $0.map { String(cString: $0) } ?? "" }
            // The library allocated each text.
            try HDF5Library.call("release the texts of", place) {
                H5Dvlen_reclaim(type.id, spaceID, ds_h5_default(), &pointers)
            }
            return texts
        }
    }

    /// Hands out all texts as C strings that lie one after another in one buffer.
    ///
    /// - Throws: `InputError` for a text with a NUL, which the format would cut off there.
    static func withCStrings(
        _ texts: [String], _ place: String, _ body: (UnsafePointer<UnsafePointer<UInt8>?>) throws -> herr_t
    ) throws -> herr_t {
        var bytes: [UInt8] = []
        var starts: [Int] = []
        bytes.reserveCapacity(texts.reduce(0) { $0 + $1.utf8.count + 1 })
        for (index, text) in texts.enumerated() {
            starts.append(bytes.count)
            guard !text.utf8.contains(0) else {
                throw InputError(
                    "text \(index) holds a NUL, which HDF5 texts cannot keep", at: place,
                    remedy: "remove it or store bytes")
            }
            bytes.append(contentsOf: text.utf8)
            bytes.append(0)
        }
        return try bytes.withUnsafeBufferPointer { buffer in
            try body(starts.map { start in buffer.baseAddress.map { $0 + start } })
        }
    }
}
