import CHDF5
import FileSupport

/// A link from a file into another one.
package struct HDF5Link: Equatable {
    /// Where it stands.
    let path: String
    /// The other file as the link spells it, and the object there.
    let file, object: String
}

/// Looks at everything that a file holds before any content is read.
///
/// A file can come from a stranger, and HDF5 can point elsewhere: datasets whose bytes lie in any file of the machine,
/// links that are followed silently, filters that are loaded as plug-ins. We write none of these. Sizes are checked
/// against the file's own, since memory is asked for by them.
struct HDF5Check {
    /// Deeper than any path that we write; a group that holds itself would have no end.
    private static let deepest = 16

    private let file: String
    private let size: Int
    private var membersLeft: Int
    private(set) var links: [HDF5Link] = []

    /// Checks all that a group leads to; links into other files are listed, not followed.
    ///
    /// - Parameter size: of the file, in bytes.
    /// - Throws: `InputError` that names file, path and what is there.
    init(_ root: HDF5Group, size: Int) throws {
        (file, self.size) = (root.file.path, size)
        // A link and what it leads to take more bytes than this, unless the same is reached by many names.
        membersLeft = size / 16
        try check(root, depth: 0)
    }

    private mutating func check(_ group: HDF5Group, depth: Int) throws {
        guard depth <= Self.deepest else { throw refused("groups inside each other without an end", group.path) }
        let made = try HDF5Handle(.properties, "look at", group.place) { H5Gget_create_plist(group.id) }
        try requireNoFilter(made, group.path)
        for name in try group.children() {
            membersLeft -= 1
            let path = group.joined(name)
            guard membersLeft >= 0 else { throw refused("more names than a file of its size has room for", path) }
            var info = H5L_info_t()
            try HDF5Library.call("look at", group.place(name)) { H5Lget_info(group.id, name, &info, ds_h5_default()) }
            switch info.type {
            case H5L_TYPE_HARD: try checkObject(name, of: group, depth: depth)
            case H5L_TYPE_EXTERNAL: links.append(try externalLink(name, of: group, bytes: info.u.val_size))
            case H5L_TYPE_SOFT: throw refused("a soft link", path)
            default: throw refused("a link of a kind that users define", path)
            }
        }
    }

    private mutating func checkObject(_ name: String, of group: HDF5Group, depth: Int) throws {
        let object = try HDF5Handle(.object, "open", group.place(name)) { H5Oopen(group.id, name, ds_h5_default()) }
        switch HDF5Library.locked({ H5Iget_type(object.id) }) {
        case H5I_GROUP: try check(try group.group(name), depth: depth + 1)
        case H5I_DATASET: try checkDataset(object, group.joined(name))
        default: break  // a named type has no content
        }
    }

    private func checkDataset(_ dataset: borrowing HDF5Handle, _ path: String) throws {
        let (id, place) = (dataset.id, file + ":" + path)
        let made = try HDF5Handle(.properties, "look at", place) { H5Dget_create_plist(id) }
        let madeID = made.id
        let layout = try HDF5Library.call("look at", place) { H5Pget_layout(madeID).rawValue }
        // Before its shape is asked for, which for a virtual dataset opens the files that it is made of.
        guard layout != H5D_VIRTUAL.rawValue else { throw refused("a virtual dataset, made of other files", path) }
        guard try HDF5Library.call("look at", place, { H5Pget_external_count(madeID) }) == 0 else {
            throw refused("a dataset whose content lies in other files (external storage)", path)
        }
        try requireNoFilter(made, path)
        let space = try HDF5Handle(.space, "read the shape of", place) { H5Dget_space(id) }
        let type = try HDF5Handle(.type, "read the type of", place) { H5Dget_type(id) }
        let shape = try HDF5Dataset.shape(of: space, place)
        let bytes = HDF5Dataset.product(shape, HDF5Library.locked { H5Tget_size(type.id) })
        // We write every element, so the room that the file gives a dataset is at least that of its shape. A dataset
        // without an element has no room, and its other axes are still multiplied by each other.
        let stored = HDF5Library.locked { H5Dget_storage_size(id) }
        let isEmpty = shape.contains(0)
        guard let bytes, bytes <= (isEmpty ? Int(UInt32.max) : size), isEmpty || UInt64(bytes) <= stored else {
            throw InputError(
                "\(path) has the shape \(shape), for which the file does not hold enough bytes", at: file,
                remedy: "the file is damaged or incomplete: use a copy, or make the run again")
        }
    }

    private func requireNoFilter(_ made: borrowing HDF5Handle, _ path: String) throws {
        let id = made.id
        guard try HDF5Library.call("look at", file + ":" + path, { H5Pget_nfilters(id) }) == 0 else {
            throw refused("content behind a filter, such as compression", path)
        }
    }

    private func externalLink(_ name: String, of group: HDF5Group, bytes: Int) throws -> HDF5Link {
        let place = group.place(name)
        guard 0...size ~= bytes else { throw refused("a link of \(bytes) bytes", group.joined(name)) }
        var value = [UInt8](repeating: 0, count: bytes)
        return try HDF5Library.locked {
            try HDF5Library.call("read link", place) { H5Lget_val(group.id, name, &value, bytes, ds_h5_default()) }
            return try value.withUnsafeBytes { value in
                var file: UnsafePointer<CChar>?
                var object: UnsafePointer<CChar>?
                try HDF5Library.call("read link", place) {
                    H5Lunpack_elink_val(value.baseAddress, value.count, nil, &file, &object)
                }
                return HDF5Link(
                    path: group.joined(name), file: file.map { String(cString: $0) } ?? "",
                    object: object.map { String(cString: $0) } ?? "")
            }
        }
    }

    private func refused(_ what: String, _ path: String) -> InputError { Self.refused(what, path, of: file) }

    /// An error about something that no run holds, whoever put it there.
    static func refused(_ what: String, _ path: String, of file: String) -> InputError {
        InputError(
            "\(path) is \(what), which no run holds", at: file,
            remedy: "do not trust it: use the file that driftscope wrote, or make the run again")
    }
}
