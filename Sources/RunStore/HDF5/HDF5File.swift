import CHDF5
import FileSupport
import Foundation

/// An open HDF5 file, written new or read.
///
/// Format bounds are the library's default (the oldest that can hold the content), so that old readers open the file
/// and no open-for-write mark can outlive a killed process. The close degree is strong: closing the file closes all.
package final class HDF5File {
    let path: String
    private var handle: HDF5Handle?
    /// The library's identifier while the file is open.
    private let id: Int64

    private init(_ path: String, _ operation: String, open: (_ access: Int64) -> hid_t) throws {
        let access = try HDF5Handle(.properties, "prepare", path) { H5Pcreate(ds_h5_file_access()) }
        try HDF5Library.call("prepare", path) { H5Pset_fclose_degree(access.id, H5F_CLOSE_STRONG) }
        let handle = try HDF5Handle(.file, operation, path) { open(access.id) }
        (self.path, id) = (path, handle.id)
        self.handle = consume handle
    }

    /// Writes a whole file; one that stands there is cut to nothing. Its groups and datasets are of no use afterwards.
    ///
    /// - Parameter bytes: for which there must be room on the disk before anything is written.
    /// - Throws: `UnfinishedError` where there is not; ``HDF5Error``.
    package static func write(_ path: String, room bytes: Int = 0, _ body: (_ root: HDF5Group) throws -> Void) throws {
        let file = try HDF5File(path, "create file") { H5Fcreate(path, ds_h5_truncate(), ds_h5_default(), $0) }
        let room = try DiskRoom(for: bytes, in: path)
        try body(try file.root())
        if let handle = file.handle.take() { try handle.close(path) }
        try room.giveBackRest()
    }

    /// Copies a member of a group with all below it, into a file that lies in memory and is gone at the end.
    static func tryCopying(_ name: String, of group: HDF5Group) throws {
        let place = group.place(name) + ", copied to memory"
        let file = try HDF5File(place, "create file") { access in
            guard H5Pset_fapl_core(access, 1 << 20, false) >= 0 else { return -1 }
            return H5Fcreate("trial", ds_h5_truncate(), ds_h5_default(), access)
        }
        try file.root().copy(name, of: group, as: "copy")
        if let handle = file.handle.take() { try handle.close(place) }
    }

    /// Opens a file to read, looks at all that it holds, and gives its root, which keeps it open.
    ///
    /// - Throws: `InputError` when there is no such file, it is no HDF5 file, it is damaged, another program holds it, or it
    ///   holds what ``HDF5Check`` refuses.
    package static func open(_ path: String) throws -> HDF5Group {
        let (root, links) = try openLinked(path)
        if let link = links.first { throw HDF5Check.refused("a link to the file \(link.file)", link.path, of: path) }
        return root
    }

    /// Opens a file that may hold links into other files, which are not followed.
    package static func openLinked(_ path: String) throws -> (root: HDF5Group, links: [HDF5Link]) {
        // Refuses what is no plain file: libhdf5 would wait for a pipe.
        let size = try Input.open(path).bytes
        let recognised = HDF5Library.locked {
            _ = ds_h5_silence()
            return H5Fis_hdf5(path)
        }
        guard recognised > 0 else {
            // Says more of a file that something else stands in for.
            _ = try MappedFile(path)
            throw InputError("not an HDF5 file", at: path, remedy: "name a run.h5, or a run folder that holds one")
        }
        do {
            let root = try HDF5File(path, "open file") { H5Fopen(path, ds_h5_read_only(), $0) }.root()
            return (root, try HDF5Check(root, size: size).links)
        } catch let error as HDF5Error { throw error.asDamage(of: path) }
    }

    private func root() throws -> HDF5Group {
        let handle = try HDF5Handle(.group, "open group", path + ":/") { H5Gopen2(id, "/", ds_h5_default()) }
        return HDF5Group(handle, path: "/", file: self)
    }
}
