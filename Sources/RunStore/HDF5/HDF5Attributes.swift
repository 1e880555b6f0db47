import CHDF5

/// Small facts on groups and datasets; anything long is a dataset, since an attribute ends at 64 KiB.
package protocol HDF5Attributed {
    /// The library's identifier of the object.
    var attributeOwner: Int64 { get }
    /// File and path, for errors.
    var attributePlace: String { get }
}

extension HDF5Group: HDF5Attributed {
    /// The group.
    package var attributeOwner: Int64 { id }
    /// File and path.
    package var attributePlace: String { place }
}

extension HDF5Dataset: HDF5Attributed {
    /// The dataset.
    package var attributeOwner: Int64 { id }
    /// File and path.
    package var attributePlace: String { place }
}

extension HDF5Attributed {
    func setAttribute(_ name: String, _ text: String) throws { try setAttribute(name, [text], shape: []) }

    /// Sets a list of texts, which may be empty.
    func setAttribute(_ name: String, _ texts: [String]) throws {
        try setAttribute(name, texts, shape: [texts.count])
    }

    /// Sets a whole number.
    func setAttribute(_ name: String, _ number: Int) throws {
        try create(name, type: ds_h5_std_i64le(), shape: []) { attribute in
            var value = Int64(number)
            return H5Awrite(attribute, ds_h5_native_int64(), &value)
        }
    }

    package func hasAttribute(_ name: String) -> Bool {
        HDF5Library.locked {
            _ = ds_h5_silence()
            return H5Aexists(attributeOwner, name) > 0
        }
    }

    /// A text.
    package func stringAttribute(_ name: String) throws -> String {
        try stringsAttribute(name).first ?? ""
    }

    /// A list of texts; a single text is a list of one.
    package func stringsAttribute(_ name: String) throws -> [String] {
        let place = attributePlace + "@" + name
        let attribute = try HDF5Handle(.attribute, "open attribute", place) {
            H5Aopen(attributeOwner, name, ds_h5_default())
        }
        let kind = try HDF5Handle(.type, "read the type of", place) { H5Aget_type(attribute.id) }
        let space = try HDF5Handle(.space, "read the shape of", place) { H5Aget_space(attribute.id) }
        return try HDF5Library.locked {
            guard H5Tget_class(kind.id) == H5T_STRING, H5Tis_variable_str(kind.id) > 0 else {
                throw HDF5Error(
                    operation: "read a text from", path: place,
                    frames: [.init(function: "H5Aread", message: "the attribute holds no text", kind: "")])
            }
            let count = Int(H5Sget_simple_extent_npoints(space.id))
            guard count > 0 else { return [] }
            let type = try HDF5Types.string(place)
            var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
            try HDF5Library.call("read", place) { H5Aread(attribute.id, type.id, &pointers) }
            let texts = pointers.map { $0.map { String(cString: $0) } ?? "" }
            try HDF5Library.call("release", place) {
                H5Dvlen_reclaim(type.id, space.id, ds_h5_default(), &pointers)
            }
            return texts
        }
    }

    /// A whole number.
    package func intAttribute(_ name: String) throws -> Int {
        let place = attributePlace + "@" + name
        let attribute = try HDF5Handle(.attribute, "open attribute", place) {
            H5Aopen(attributeOwner, name, ds_h5_default())
        }
        var value: Int64 = 0
        try HDF5Library.call("read", place) { H5Aread(attribute.id, ds_h5_native_int64(), &value) }
        return Int(value)
    }

    private func setAttribute(_ name: String, _ texts: [String], shape: [Int]) throws {
        let type = try HDF5Types.string(attributePlace)
        try create(name, type: type.id, shape: shape) { attribute in
            guard !texts.isEmpty else { return 0 }
            var status: herr_t = -1
            try HDF5Group.withCStrings(texts, attributePlace + "@" + name) { pointers in
                status = H5Awrite(attribute, type.id, pointers)
            }
            return status
        }
    }

    /// Creates the attribute, in place of an older one, and writes it.
    private func create(
        _ name: String, type: Int64, shape: [Int], write: (Int64) throws -> herr_t
    ) throws {
        let place = attributePlace + "@" + name
        if hasAttribute(name) {
            try HDF5Library.call("replace attribute", place) { H5Adelete(attributeOwner, name) }
        }
        let space = try HDF5Dataset.space(shape, place)
        let attribute = try HDF5Handle(.attribute, "create attribute", place) {
            H5Acreate2(attributeOwner, name, type, space.id, ds_h5_default(), ds_h5_default())
        }
        try HDF5Library.locked {
            _ = ds_h5_silence()
            guard try write(attribute.id) >= 0 else { throw HDF5Error(operation: "write attribute", path: place) }
        }
    }
}
