import CHDF5
import Foundation

/// The one door to the HDF5 library.
///
/// Many builds of the library are not safe for threads, and those that are hold one lock anyway; so every call here is
/// made under one re-entrant lock of ours. The library's own printing of errors is switched off before each call, since
/// that setting belongs to the thread.
package enum HDF5Library {
    private static let lock = NSRecursiveLock()

    /// Opens the library once, without its clean-up at exit: handles may be released later than that.
    private static let isOpen: Bool = {
        H5dont_atexit()
        return H5open() >= 0
    }()

    package static func locked<Result>(_ body: () throws -> Result) rethrows -> Result {
        lock.lock()
        defer { lock.unlock() }
        _ = isOpen
        return try body()
    }

    /// Makes a call whose negative result means failure.
    ///
    /// - Throws: ``HDF5Error`` with the library's error stack.
    @discardableResult
    static func call<Result: SignedInteger>(
        _ operation: String, _ path: String, _ body: () -> Result
    ) throws -> Result {
        try locked {
            _ = ds_h5_silence()
            let result = body()
            guard result >= 0 else { throw HDF5Error(operation, path) }
            return result
        }
    }
}

/// Names that the library gives one by one, to a function in C.
final class HDF5Names {
    private(set) var all: [String] = []

    /// What the library hands on to ``add(_:to:)``.
    var context: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

    static func add(_ name: UnsafePointer<CChar>?, to context: UnsafeMutableRawPointer?) -> herr_t {
        guard let name, let context else { return -1 }
        Unmanaged<HDF5Names>.fromOpaque(context).takeUnretainedValue().all.append(String(cString: name))
        return 0
    }
}

/// An identifier of the library that is closed when it goes out of scope.
struct HDF5Handle: ~Copyable {
    /// What the identifier stands for: each kind has its own closing function.
    enum Kind { case file, group, dataset, object, space, type, properties, attribute }

    let id: hid_t
    private let kind: Kind

    /// Owns what `make` returns.
    ///
    /// - Throws: ``HDF5Error`` when it is negative.
    init(_ kind: Kind, _ operation: String, _ path: String, _ make: () -> hid_t) throws {
        id = try HDF5Library.call(operation, path, make)
        self.kind = kind
    }

    deinit { _ = HDF5Library.locked { Self.release(id, kind) } }

    /// Closes now and says whether that worked: for a file that was written, this is the commit.
    consuming func close(_ path: String) throws {
        let (id, kind) = (self.id, self.kind)
        discard self
        try HDF5Library.call("close", path) { Self.release(id, kind) }
    }

    private static func release(_ id: hid_t, _ kind: Kind) -> herr_t {
        _ = ds_h5_silence()
        // With the strong close degree a closed file has taken its groups along.
        guard H5Iis_valid(id) > 0 else { return 0 }
        switch kind {
        case .file: return ds_h5_close_file(id)
        case .group: return H5Gclose(id)
        case .dataset: return H5Dclose(id)
        case .object: return H5Oclose(id)
        case .space: return H5Sclose(id)
        case .type: return H5Tclose(id)
        case .properties: return H5Pclose(id)
        case .attribute: return H5Aclose(id)
        }
    }
}
