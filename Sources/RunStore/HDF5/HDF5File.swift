import CHDF5
import FileSupport
import Foundation

/// An open HDF5 file, written new or read.
///
/// Format bounds are the library's default (the oldest that can hold the content), so that old readers open the file
/// and no open-for-write mark can outlive a killed process. The close degree is strong: closing the file closes all.
package final class HDF5File {
    /// The path that it was opened under.
    package let path: String
    private var handle: HDF5Handle?
    /// The library's identifier while the file is open.
    let id: Int64

    private init(_ handle: consuming HDF5Handle, path: String) {
        id = handle.id
        self.handle = consume handle
        self.path = path
    }

    /// Creates a file; one that stands there is cut to nothing.
    package static func create(_ path: String) throws -> HDF5File {
        let access = try accessProperties(path)
        return HDF5File(
            try HDF5Handle(.file, "create file", path) {
                H5Fcreate(path, ds_h5_truncate(), ds_h5_default(), access.id)
            }, path: path)
    }

    /// Opens a file to read.
    ///
    /// - Throws: `InputError` when there is no such file or it is no HDF5 file; ``HDF5Error`` when it is damaged.
    package static func open(_ path: String) throws -> HDF5File {
        guard FileManager.default.fileExists(atPath: path) else {
            throw InputError("no such file", at: path, remedy: "check the path")
        }
        let recognised = HDF5Library.locked {
            _ = ds_h5_silence()
            return H5Fis_hdf5(path)
        }
        guard recognised > 0 else {
            throw InputError(
                "not an HDF5 file", at: path, remedy: "name a run.h5, or a run folder that holds one")
        }
        let access = try accessProperties(path)
        return HDF5File(
            try HDF5Handle(.file, "open file", path) { H5Fopen(path, ds_h5_read_only(), access.id) }, path: path)
    }

    package func root() throws -> HDF5Group { try HDF5Group(opening: "/", in: self, parent: id) }

    /// Writes everything and closes; groups and datasets of the file are of no use afterwards.
    package func close() throws {
        if let handle = handle.take() { try handle.close(path) }
    }

    private static func accessProperties(_ path: String) throws -> HDF5Handle {
        let properties = try HDF5Handle(.properties, "prepare", path) { H5Pcreate(ds_h5_file_access()) }
        try HDF5Library.call("prepare", path) { H5Pset_fclose_degree(properties.id, H5F_CLOSE_STRONG) }
        return properties
    }
}
