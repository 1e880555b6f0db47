import CHDF5

package final class HDF5Group {
    /// The file, kept open by its groups.
    let file: HDF5File
    package let path: String
    private let handle: HDF5Handle
    package var id: Int64 { handle.id }

    init(_ handle: consuming HDF5Handle, path: String, file: HDF5File) {
        self.handle = consume handle
        (self.path, self.file) = (path, file)
    }

    package var place: String { file.path + ":" + path }

    /// File and path of a member, for errors.
    func place(_ name: String) -> String { file.path + ":" + joined(name) }

    func joined(_ name: String) -> String {
        if name.hasPrefix("/") { return name }
        return path == "/" ? "/" + name : path + "/" + name
    }

    /// Opens a group by name or path; `.` is this one.
    package func group(_ name: String) throws -> HDF5Group {
        if name == "." { return self }
        let handle = try HDF5Handle(.group, "open group", place(name)) { H5Gopen2(id, name, ds_h5_default()) }
        return HDF5Group(handle, path: joined(name), file: file)
    }

    /// Creates a group, with those above it as needed, or opens it when it is there.
    func createGroup(_ name: String) throws -> HDF5Group {
        if name == "." || contains(name) { return try group(name) }
        let links = try linkProperties()
        let properties = try HDF5Handle(.properties, "prepare group", place(name)) { H5Pcreate(ds_h5_group_create()) }
        try HDF5Library.call("prepare group", place(name)) { H5Pset_obj_track_times(properties.id, false) }
        let handle = try HDF5Handle(.group, "create group", place(name)) {
            H5Gcreate2(id, name, links.id, properties.id, ds_h5_default())
        }
        return HDF5Group(handle, path: joined(name), file: file)
    }

    /// Whether a member exists; every part of a path is looked up, since the library fails on a missing one.
    func contains(_ name: String) -> Bool {
        var prefix = name.hasPrefix("/") ? "/" : ""
        for part in name.split(separator: "/") {
            prefix += (prefix.isEmpty || prefix == "/" ? "" : "/") + part
            let found = HDF5Library.locked {
                _ = ds_h5_silence()
                return H5Lexists(id, prefix, ds_h5_default())
            }
            guard found > 0 else { return false }
        }
        return true
    }

    /// The members' names, in order of their bytes.
    ///
    /// They are asked for in the order in which they lie: to give them in another one HDF5 1.10 makes a table, and when the file
    /// is damaged it frees entries of it that it never made.
    package func children() throws -> [String] {
        let names = HDF5Names()
        try HDF5Library.call("list", place) {
            H5Literate(
                id, H5_INDEX_NAME, H5_ITER_NATIVE, nil, { HDF5Names.add($1, to: $3) }, names.context)
        }
        return names.all.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Whether a member is a group; false when there is none.
    package func isGroup(_ name: String) -> Bool { contains(name) && (try? group(name)) != nil }

    /// Gives an object of this file a second name.
    func addHardLink(_ name: String, to existing: String) throws {
        let links = try linkProperties()
        try HDF5Library.call("link", place(name)) { H5Lcreate_hard(id, existing, id, name, links.id, ds_h5_default()) }
    }

    /// Points to an object of another file, by a path relative to this file's folder.
    func addExternalLink(_ name: String, file other: String, object: String) throws {
        let links = try linkProperties()
        try HDF5Library.call("link", place(name)) {
            H5Lcreate_external(other, object, id, name, links.id, ds_h5_default())
        }
    }

    /// Copies a member of another group with all below it; hard links inside it stay hard links.
    func copy(_ name: String, of source: HDF5Group, as newName: String) throws {
        let links = try linkProperties()
        try HDF5Library.call("copy \(source.place(name)) to", place(newName)) {
            H5Ocopy(source.id, name, id, newName, ds_h5_default(), links.id)
        }
    }

    /// Link names in UTF-8, groups on the way made as needed.
    func linkProperties() throws -> HDF5Handle {
        let properties = try HDF5Handle(.properties, "prepare link", place) { H5Pcreate(ds_h5_link_create()) }
        try HDF5Library.call("prepare link", place) { H5Pset_create_intermediate_group(properties.id, 1) }
        try HDF5Library.call("prepare link", place) { H5Pset_char_encoding(properties.id, H5T_CSET_UTF8) }
        return properties
    }
}
