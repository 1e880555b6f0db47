import CHDF5

/// An object of a file that carries small facts; anything long is a dataset, since an attribute ends at 64 KiB.
package protocol HDF5Object {
    /// The library's identifier.
    var id: Int64 { get }
    /// File and path, for errors.
    var place: String { get }
}

extension HDF5Group: HDF5Object {}
extension HDF5Dataset: HDF5Object {}

extension HDF5Object {
    /// Every attribute as `@name=value`, in order of names; of one that is neither text nor a whole number the kind alone.
    @discardableResult
    func attributeTexts() throws -> [String] {
        let names = HDF5Names()
        try HDF5Library.call("list the attributes of", place) {
            H5Aiterate2(
                id, H5_INDEX_NAME, H5_ITER_NATIVE, nil, { HDF5Names.add($1, to: $3) }, names.context)
        }
        return try names.all.sorted().map { name in
            let attribute = try attribute(name)
            let kind = try HDF5Handle(.type, "read the type of", place + "@" + name) { H5Aget_type(attribute.id) }
            if HDF5Library.locked({ H5Tis_variable_str(kind.id) }) > 0 {
                return "@\(name)=\(try stringsAttribute(name))"
            }
            let number = try? intAttribute(name)
            return "@\(name)="
                + (number.map(String.init) ?? "kind \(HDF5Library.locked { H5Tget_class(kind.id).rawValue })")
        }
    }

    func setAttribute(_ name: String, _ text: String) throws { try setAttribute(name, [text], shape: []) }

    /// Sets a list of texts, which may be empty.
    func setAttribute(_ name: String, _ texts: [String]) throws { try setAttribute(name, texts, shape: [texts.count]) }

    func setAttribute(_ name: String, _ number: Int) throws {
        try create(name, type: ds_h5_std_i64le(), shape: []) { attribute in
            var value = Int64(number)
            return H5Awrite(attribute, ds_h5_native_int64(), &value)
        }
    }

    func hasAttribute(_ name: String) -> Bool {
        HDF5Library.locked {
            _ = ds_h5_silence()
            return H5Aexists(id, name) > 0
        }
    }

    package func stringAttribute(_ name: String) throws -> String {
        let texts = try stringsAttribute(name)
        guard texts.count == 1 else {
            throw HDF5Error("read a text from", place + "@" + name, because: "it holds \(texts.count) texts")
        }
        return texts[0]
    }

    /// A list of texts; a single text is a list of one.
    func stringsAttribute(_ name: String) throws -> [String] {
        let place = place + "@" + name
        let attribute = try attribute(name)
        let kind = try HDF5Handle(.type, "read the type of", place) { H5Aget_type(attribute.id) }
        let space = try HDF5Handle(.space, "read the shape of", place) { H5Aget_space(attribute.id) }
        return try HDF5Library.locked {
            guard H5Tget_class(kind.id) == H5T_STRING, H5Tis_variable_str(kind.id) > 0 else {
                throw HDF5Error("read a text from", place, because: "the attribute holds no text")
            }
            let shape = try HDF5Dataset.shape(of: space, place)
            // Far more than the columns of any table.
            guard let count = HDF5Dataset.product(shape, 1), count <= 1 << 20 else {
                throw HDF5Error("read texts from", place, because: "the attribute has the shape \(shape)")
            }
            return try HDF5Types.readStrings(shape.contains(0) ? 0 : count, of: space, place) {
                H5Aread(attribute.id, $0, $1)
            }
        }
    }

    func intAttribute(_ name: String) throws -> Int {
        let place = place + "@" + name
        let attribute = try attribute(name)
        let kind = try HDF5Handle(.type, "read the type of", place) { H5Aget_type(attribute.id) }
        let space = try HDF5Handle(.space, "read the shape of", place) { H5Aget_space(attribute.id) }
        guard HDF5Library.locked({ H5Tget_class(kind.id) }) == H5T_INTEGER,
            try HDF5Dataset.shape(of: space, place).allSatisfy({ $0 == 1 })
        else { throw HDF5Error("read a number from", place, because: "the attribute does not hold one whole number") }
        var value: Int64 = 0
        try HDF5Library.call("read", place) { H5Aread(attribute.id, ds_h5_native_int64(), &value) }
        return Int(value)
    }

    private func attribute(_ name: String) throws -> HDF5Handle {
        try HDF5Handle(.attribute, "open attribute", place + "@" + name) { H5Aopen(id, name, ds_h5_default()) }
    }

    private func setAttribute(_ name: String, _ texts: [String], shape: [Int]) throws {
        let type = try HDF5Types.string(place)
        try create(name, type: type.id, shape: shape) { attribute in
            guard !texts.isEmpty else { return 0 }
            return try HDF5Types.withCStrings(texts, place + "@" + name) { H5Awrite(attribute, type.id, $0) }
        }
    }

    /// Creates the attribute, in place of an older one, and writes it.
    private func create(_ name: String, type: Int64, shape: [Int], write: (Int64) throws -> herr_t) throws {
        let place = place + "@" + name
        if hasAttribute(name) { try HDF5Library.call("replace attribute", place) { H5Adelete(id, name) } }
        let space = try HDF5Dataset.space(shape, place)
        let attribute = try HDF5Handle(.attribute, "create attribute", place) {
            H5Acreate2(id, name, type, space.id, ds_h5_default(), ds_h5_default())
        }
        try HDF5Library.locked {
            _ = ds_h5_silence()
            guard try write(attribute.id) >= 0 else { throw HDF5Error("write attribute", place) }
        }
    }
}
